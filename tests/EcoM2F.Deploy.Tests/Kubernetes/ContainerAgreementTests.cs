using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>That manifests say of the image what its Dockerfile makes, and name the image that compose names.</summary>
public sealed class ContainerAgreementTests
{
    private static string Dockerfile => Path.Combine(RepositoryPaths.Root, "Dockerfile");

    private static string Compose => Path.Combine(RepositoryPaths.Root, "docker-compose.yml");

    [Fact]
    public void Dockerfile_MakesTheUserPortAndFoldersOfTheManifests()
    {
        Assert.SkipUnless(File.Exists(Dockerfile), "There is no Dockerfile in this tree.");
        var lines = File.ReadAllLines(Dockerfile);
        var pod = DeployFiles.Overlay("cpu").Only("Deployment").PodSpec();
        var job = Assert.Single(DeployFiles.Jobs().Only("Job").PodSpec().Containers());

        Assert.Contains($"USER {pod.At("securityContext").Text("runAsUser")}:{pod.At("securityContext").Text("runAsGroup")}", lines);
        Assert.Contains($"EXPOSE {Assert.Single(Assert.Single(pod.Containers()).List("ports")).Text("containerPort")}", lines);
        Assert.Contains($"WORKDIR {job.Text("workingDir")}", lines);
        Assert.Contains(lines, line => line.StartsWith("COPY", StringComparison.Ordinal) && line.EndsWith($" {job.Text("workingDir")}/models", StringComparison.Ordinal));
    }

    [Fact]
    public void Compose_NamesTheSameImages()
    {
        Assert.SkipUnless(File.Exists(Compose), "There is no docker-compose.yml in this tree.");
        var images = File.ReadLines(Compose).Select(static line => line.Trim()).Where(static line => line.StartsWith("image: ", StringComparison.Ordinal)).Select(static line => line["image: ".Length..]).ToList();

        Assert.All(["cpu", "cuda"], (string overlay) => Assert.Contains(Assert.Single(DeployFiles.Overlay(overlay).Only("Deployment").PodSpec().Containers()).Text("image"), images));
    }
}
