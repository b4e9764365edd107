using EcoM2F.Cli.Tests;
using EcoM2F.TestSupport;

[assembly: AssemblyFixture(typeof(TinyFiles))]

namespace EcoM2F.Cli.Tests;

/// <summary>The tiny checkpoint and its model folder, for all tests that only read them.</summary>
public sealed class TinyFiles : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TinyFiles()
    {
        TinyCheckpoint.Write(Checkpoint);
        TinyModel.CompileTo(Model);
    }

    public string Checkpoint => _folder["checkpoint"];

    public string Model => _folder["tiny"];

    public void Dispose() => _folder.Dispose();

    /// <summary>A copy to spoil.</summary>
    internal static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
