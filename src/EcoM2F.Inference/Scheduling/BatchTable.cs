using System.Collections.Concurrent;
using EcoM2F.Inference.Compute;

namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// How many images of a model run through each stage together: as many as take less time for each, measured at warm-up on the machine that
/// serves. On a few CPU cores that is mostly one, on a GPU several. Written by one thread at a time, while others read.
/// </summary>
internal sealed class BatchTable
{
    /// <summary>Part of an image's time that has to be left over for more images to pay: less is within what measurements vary, and the first image of a batch waits for the others.</summary>
    private const double Pays = 0.9;

    private readonly ConcurrentDictionary<Stage, (int Images, double PerImage)> _best = [];

    /// <returns>1 where nothing has been measured.</returns>
    public int Most(Stage stage) => _best.TryGetValue(stage, out var best) ? best.Images : 1;

    /// <summary>Adds what a stage took, smaller numbers of images before larger ones.</summary>
    /// <param name="images">How many ran together.</param>
    /// <param name="perImage">The batch's time divided by them; any unit.</param>
    /// <returns>Whether so many pay.</returns>
    public bool Add(Stage stage, int images, double perImage)
    {
        if (_best.TryGetValue(stage, out var best) && perImage >= Pays * best.PerImage)
        {
            return false;
        }

        _best[stage] = (images, perImage);
        return true;
    }

    /// <summary>For the log: stages with their numbers, in the order in which they run.</summary>
    public override string ToString() => string.Join(", ", _best.OrderBy(static entry => entry.Key).Select(static entry => $"{entry.Key.ToName()} {entry.Value.Images}"));
}
