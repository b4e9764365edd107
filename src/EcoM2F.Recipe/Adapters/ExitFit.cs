using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Numerics.Tensors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;

namespace EcoM2F.Recipe.Adapters;

/// <summary>
/// Fits adapters for a model's exits on photographs without labels, in closed form: for each exit and level, the affine map that brings its
/// tokens nearest to those after the last layer. One pass over the photographs adds up products of tokens, so memory does not grow with
/// them; given again, a fit goes on where it stopped. The map towards the last layer's state is known from language models
/// (Belrose et al., arXiv 2303.08112, who train it by gradient).
/// </summary>
public sealed class ExitFit
{
    /// <summary>Between two states on disk: what a kill may cost.</summary>
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(20);

    private readonly FitPhotos _photos;
    private readonly IReadOnlyList<int> _exits;
    private readonly string _stateFile;
    private readonly string _key;
    private readonly FitState _state;
    private long _saved = Stopwatch.GetTimestamp();

    private ExitFit(ModelManifest model, FitPhotos photos, string stateFile)
    {
        (_photos, _exits, _stateFile) = (photos, model.Exits, stateFile);
        _key = $"1 {ModelIdentity.Of(model)} {photos.Hash}";
        _state = FitState.Load(stateFile, _key, _exits);
    }

    /// <summary>Photographs that are used.</summary>
    public int Photos => _photos.Fit.Count + _photos.HeldOut.Count;

    /// <summary>Those that are held out.</summary>
    public int HeldOut => _photos.HeldOut.Count;

    /// <summary>Those that are still to be added up.</summary>
    public int Todo => Photos - _state.Done;

    /// <summary>Photographs that were left out, and why.</summary>
    public IReadOnlyList<string> Notes => _photos.Notes;

    /// <summary>Finds and checks the photographs, and what an earlier run left.</summary>
    /// <param name="stateFile">Where the run keeps its progress.</param>
    /// <exception cref="RecipeException">The model has one exit only, or too few photographs can be used.</exception>
    public static ExitFit Plan(
        ModelManifest model, string photos, ExitFitOptions options, string stateFile, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        if (model.Exits.Count < 2)
        {
            throw new RecipeException($"Model '{model.Name}' has one exit, {model.MaxDepth}, and so no exit to fit; adapters are for exits below the deepest.");
        }

        return new ExitFit(model, FitPhotos.Find(photos, options.Photos, options.Holdout, progress, cancellationToken), stateFile);
    }

    /// <summary>Adds up the tokens of the photographs that are still to do.</summary>
    /// <param name="advance">Called after each.</param>
    /// <exception cref="RecipeException">A photograph can no longer be read, or the model's tokens are not finite. What was done is kept.</exception>
    public async Task AccumulateAsync(ExitsEngine engine, Action advance, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> todo = [.. _photos.HeldOut.Concat(_photos.Fit).Skip(_state.Done)];
        if (todo.Count == 0)
        {
            return;
        }

        Save(); // or what cannot be written is known only after the work
        var before = _state.Done;
        try
        {
            await EncodedPhotos.ForEachAsync(engine, todo, (photo, image) => Add(photo.Path, image, advance, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (_state.Done > before)
            {
                Save();
            }
        }
    }

    /// <summary>Chooses penalties, judges the adapters on the held-out photographs and fits those that gain once more, on all of them.</summary>
    /// <param name="advance">Called after each held-out photograph.</param>
    /// <exception cref="RecipeException">A photograph can no longer be read, or the tokens do not vary.</exception>
    public async Task<ExitFitResult> JudgeAsync(ExitsEngine engine, Action advance, CancellationToken cancellationToken)
    {
        var choices = AdapterSolver.Choose(_state.Fit!, _state.HeldOut!, cancellationToken);
        var judge = new AdapterJudge(engine, [.. choices.Where(static choice => choice.IsNearer).Select(choice => AdapterSolver.Fit(_state.Fit!, choice))]);
        await judge.RunAsync(_photos.HeldOut, advance, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<FittedExit> exits = [.. choices.Select(judge.Judge)];
        var all = _state.Fit!.Plus(_state.HeldOut!);
        return new ExitFitResult
        {
            Metric = judge.Metric,
            Photos = Photos,
            HeldOut = HeldOut,
            Exits = exits,
            Adapters = [.. choices.Where((_, i) => exits[i].IsAdapted).Select(choice => AdapterSolver.Fit(all, choice))],
            Curve = _state.Curve,
            Example = judge.Example,
            SumsShare = _state.Milliseconds.Sums / _state.Milliseconds.Model,
            PhotosHash = _photos.Hash,
        };
    }

    /// <summary>Removes the file of the progress, when the adapters are where they belong.</summary>
    public void Forget() => File.Delete(_stateFile);

    private Task Add(string path, EncodedImage image, Action advance, CancellationToken cancellationToken)
    {
        RequireFinite(path, image);
        _state.HeldOut ??= ExitSums.Empty(_exits, image.LevelTokens.Count, image.Width);
        _state.Fit ??= ExitSums.Empty(_exits, image.LevelTokens.Count, image.Width);
        var start = Stopwatch.GetTimestamp();
        var isHeldOut = _state.Done < HeldOut;
        (isHeldOut ? _state.HeldOut : _state.Fit).Add(image);
        var (model, sums) = _state.Milliseconds;
        _state.Milliseconds = (model + image.Times.Stem.GetValueOrDefault() + image.Times.Encoder.GetValueOrDefault(), sums + Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        _state.Done++;
        if (!isHeldOut)
        {
            AddToCurve(_state.Done - HeldOut, cancellationToken);
        }

        if (Stopwatch.GetElapsedTime(_saved) > SaveEvery)
        {
            Save();
        }

        advance();
        return Task.CompletedTask;
    }

    /// <summary>At 1, 2, 4, 8, ... photographs, and at all.</summary>
    private void AddToCurve(int photos, CancellationToken cancellationToken)
    {
        if (BitOperations.IsPow2(photos) || photos == _photos.Fit.Count)
        {
            var choices = AdapterSolver.Choose(_state.Fit!, _state.HeldOut!, cancellationToken);
            _state.Curve.Add(new FitCurvePoint(photos, [.. choices.Select(static choice => choice.After)]));
        }
    }

    private void Save()
    {
        _state.Save(_stateFile, _key);
        _saved = Stopwatch.GetTimestamp();
    }

    private void RequireFinite(string path, EncodedImage image)
    {
        foreach (var exit in _exits)
        {
            if (!float.IsFinite(TensorPrimitives.SumOfSquares(image.Tokens(exit))))
            {
                throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"The model's tokens at exit {exit} are not finite for {path}."));
            }
        }
    }
}

/// <summary>What a user may say of a fit.</summary>
/// <param name="Photos">Most photographs to use.</param>
/// <param name="Holdout">Share of them that is held out, above 0 and below 1.</param>
public sealed record ExitFitOptions(int Photos, double Holdout);
