namespace EcoM2F.Cli.Segment;

/// <param name="Path">The image.</param>
/// <param name="Name">The path below the folder that it was found in, or the name of a file that the command line gives.</param>
/// <param name="Stem">Where its results go, below the output folder and without ending.</param>
internal sealed record ImageFile(string Path, string Name, string Stem);
