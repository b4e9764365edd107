using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Pipeline;

namespace EcoM2F.Recipe.Adapters;

/// <summary>Photographs through stem and encoder, one after the other: their tokens take much memory. The next one is decoded meanwhile.</summary>
internal static class EncodedPhotos
{
    /// <param name="work">Its task is awaited before the next photograph; what it is given is disposed then.</param>
    /// <exception cref="RecipeException">A photograph cannot be read.</exception>
    public static async Task ForEachAsync(
        ExitsEngine engine, IReadOnlyList<string> paths, Func<(string Path, PreparedImage Prepared), EncodedImage, Task> work, CancellationToken cancellationToken)
    {
        var next = PrepareAsync(engine, paths, 0, cancellationToken);
        try
        {
            for (var i = 0; i < paths.Count; i++)
            {
                using var prepared = (await next.ConfigureAwait(false))!;
                next = PrepareAsync(engine, paths, i + 1, cancellationToken);
                using var encoded = await engine.EncodeAsync(prepared, cancellationToken).ConfigureAwait(false);
                await work((paths[i], prepared), encoded).ConfigureAwait(false);
            }
        }
        finally
        {
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (next.IsCompletedSuccessfully)
            {
                (await next.ConfigureAwait(false))?.Dispose();
            }
        }
    }

    /// <returns>Null behind the last.</returns>
    private static Task<PreparedImage?> PrepareAsync(ExitsEngine engine, IReadOnlyList<string> paths, int index, CancellationToken cancellationToken) =>
        index == paths.Count ? Task.FromResult<PreparedImage?>(null) : Task.Run<PreparedImage?>(
            () =>
            {
                try
                {
                    return engine.Prepare(File.ReadAllBytes(paths[index]), mirrored: false, cancellationToken);
                }
                catch (Exception exception) when (exception is SegmentationException or IOException or UnauthorizedAccessException)
                {
                    throw new RecipeException($"{paths[index]} cannot be read: {exception.Message}", exception);
                }
            },
            cancellationToken);
}
