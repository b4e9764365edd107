using System.Text.Json;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Containers;

public sealed partial class DockerfileTests
{
    private static readonly Dockerfile File = Dockerfile.Read();

    public static TheoryData<string> Images => ["cpu", "cuda"];

    [Fact]
    public void Stages_DefaultIsCpu() => Assert.Equal("cpu", File.Instructions[^1].Stage);

    [Fact]
    public void Bases_ArePinnedOrStages()
    {
        var stages = File.Instructions.Select(static one => one.Stage).ToHashSet();
        foreach (var from in File.Instructions.Where(static one => one.Name == "FROM"))
        {
            Assert.Equal("AS", from.Words[^2]);
            Assert.True(stages.Contains(from.Words[^3]) || Pinned().IsMatch(from.Words[^3]), from.Text);
        }
    }

    /// <summary>Else an ARM machine would put x86-64 libraries on ARM bases.</summary>
    [Fact]
    public void Bases_AreOfTheArchitectureThatIsPublished()
    {
        var bases = File.Instructions.Where(static one => one.Name == "FROM" && Pinned().IsMatch(one.Words[^3])).ToList();

        Assert.Equal("RID=linux-x64", File.Single("restore", "ARG"));
        Assert.Equal(3, bases.Count);
        Assert.All(bases, static from => Assert.StartsWith("--platform=linux/amd64 ", from.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Sdk_IsTheOneOfGlobalJson()
    {
        using var global = JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "global.json")));

        Assert.Contains($"/sdk:{global.RootElement.GetProperty("sdk").GetProperty("version").GetString()}-", File.Single("restore", "FROM"), StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_FromContext_AreThereAndSent()
    {
        var ignore = DockerIgnore.Read();
        var sources = File.Instructions.Where(static one => one.Name == "COPY" && !one.Text.StartsWith("--from", StringComparison.Ordinal)).SelectMany(static one => one.Words[..^1]).ToList();

        Assert.NotEmpty(sources);
        Assert.All(sources, source =>
        {
            Assert.True(Path.Exists(Path.Combine(RepositoryPaths.Root, source)), $"{source} is not in the repository.");
            Assert.True(ignore.Sends(source), $".dockerignore leaves out {source}.");
        });
    }

    [Fact]
    public void Copies_FromStages_NameEarlierOnes()
    {
        var earlier = new HashSet<string>();
        foreach (var one in File.Instructions)
        {
            earlier.Add(one.Stage);
            if (one.Name == "COPY" && one.Words[0].StartsWith("--from=", StringComparison.Ordinal))
            {
                Assert.Contains(one.Words[0]["--from=".Length..], earlier);
            }
        }
    }

    [Fact]
    public void Restore_HasEveryProjectThatIsPublished()
    {
        var copied = File.Of("restore").Where(static one => one.Name == "COPY").SelectMany(static one => one.Words[..^1]).ToHashSet();
        var pending = new Queue<string>(["src/EcoM2F.Serving/EcoM2F.Serving.csproj", "src/EcoM2F.Cli/EcoM2F.Cli.csproj"]);
        while (pending.TryDequeue(out var project))
        {
            Assert.True(copied.Contains(project), $"The Dockerfile's stage 'restore' does not copy {project}.");
            var folder = Path.GetDirectoryName(project)!;
            foreach (Match reference in ProjectReference().Matches(System.IO.File.ReadAllText(Path.Combine(RepositoryPaths.Root, project))))
            {
                pending.Enqueue(Path.GetRelativePath(RepositoryPaths.Root, Path.GetFullPath(Path.Combine(RepositoryPaths.Root, folder, reference.Groups[1].Value))));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void Image_RunsUnprivilegedAndChecksItself(string stage)
    {
        Assert.Equal("1654:1654", File.Single(stage, "USER"));
        Assert.Equal("8080", File.Single(stage, "EXPOSE"));
        Assert.Equal("8080", File.Environment(stage)["ASPNETCORE_HTTP_PORTS"]);
        Assert.Equal("SIGTERM", File.Single(stage, "STOPSIGNAL"));
        Assert.Equal("""["/app/EcoM2F.Serving"]""", File.Single(stage, "ENTRYPOINT"));
        Assert.EndsWith("""CMD ["/app/EcoM2F.Serving", "health"]""", File.Single(stage, "HEALTHCHECK"), StringComparison.Ordinal);
        Assert.Contains("/app/models", File.Of(stage).Where(static one => one.Name == "COPY").Select(static one => one.Words[^1]));
        Assert.All(File.Environment(stage).Keys, SettingNames.RequireReal);
        Assert.All((string[])["title", "description", "licenses", "version", "revision", "source"], label =>
            Assert.Contains($"org.opencontainers.image.{label}=", File.Single(stage, "LABEL"), StringComparison.Ordinal));
    }

    [Fact]
    public void Images_DifferOnlyByProvider()
    {
        var cuda = File.Environment("cuda");
        var cpu = File.Environment("cpu");

        Assert.True(cuda.Remove("Engine__ExecutionProvider", out var provider));
        Assert.Equal("cuda", provider);
        Assert.Equal(cpu.Keys.Order(), cuda.Keys.Order());
        Assert.All(cpu.Where(static pair => pair.Key != "PATH"), pair => Assert.Equal(pair.Value, cuda[pair.Key]));
    }

    [Theory]
    [InlineData(true, "src/EcoM2F.Serving/Program.cs")]
    [InlineData(true, "models/default/model.json")]
    [InlineData(false, "src/EcoM2F.Serving/bin/Release/x.dll")]
    [InlineData(false, "src/EcoM2F.Serving/obj/project.assets.json")]
    [InlineData(false, "tests/fixtures/photos/coco_val_000785_skier.jpg")]
    [InlineData(false, ".git/HEAD")]
    public void Context_HoldsOnlyWhatIsNeeded(bool sent, string path) => Assert.Equal(sent, DockerIgnore.Read().Sends(path));

    [GeneratedRegex(@"^[a-z./]+:[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9.]+)*$")]
    private static partial Regex Pinned();

    [GeneratedRegex("ProjectReference Include=\"([^\"]+)\"")]
    private static partial Regex ProjectReference();
}
