using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;

namespace EcoM2F.Benchmarks.Exits;

/// <summary>Where a level's tokens lie.</summary>
/// <param name="Start">Its first token on the token axis.</param>
/// <param name="Coarser">The next coarser level; null: this is the coarsest.</param>
internal sealed record LevelGrid(int Height, int Width, int Start, LevelGrid? Coarser)
{
    public int Tokens => Height * Width;

    /// <returns>In the order of the token axis, which begins with the coarsest level.</returns>
    public static IReadOnlyList<LevelGrid> Of(EncodedImage image)
    {
        var sizes = image.Stem[GraphTensors.SpatialShapes].GetTensorDataAsSpan<long>(); // [levels, 2]
        var grids = new List<LevelGrid>();
        for (var level = 0; level < sizes.Length / 2; level++)
        {
            var before = grids.LastOrDefault();
            var grid = new LevelGrid((int)sizes[2 * level], (int)sizes[(2 * level) + 1], before is null ? 0 : before.Start + before.Tokens, before);
            grids.Add(grid.Tokens > (before?.Tokens ?? 0) ? grid : throw new NotSupportedException("The levels do not go from coarse to fine."));
        }

        return grids;
    }
}
