using System.Globalization;
using EcoM2F.Inference.Models;

namespace EcoM2F.Serving.Responses;

/// <summary>From model.json to what a client may know of a model.</summary>
internal static class ModelBodyMapper
{
    public static ModelBody ToBody(this ModelManifest model, bool isDefault, string precision)
    {
        var profiles = model.Gates?.Profiles ?? new Dictionary<string, GateProfile>();
        return new ModelBody
        {
            Name = model.Name,
            Version = model.Version,
            Default = isDefault,
            Tasks = model.Tasks,
            Licence = model.Licence,
            Provenance = model.Provenance,
            Exits = model.Exits,
            MaxDepth = model.MaxDepth,
            Precision = precision,
            Precisions = model.RunnablePrecisions,
            Sizes = model.HasSizes ? [.. model.Sizes!.Select(size => new SizeBody(size.ShortestEdge, size.LongestEdge, size.ShortestEdge == model.OwnSize))] : null,
            DecoderExits = model.DecoderExits,
            DefaultProfile = model.Gates?.Default,
            Profiles = profiles
                .Where(static profile => profile.Value.Kind == GateProfile.Classifier)
                .ToDictionary(static profile => profile.Key, static profile => ToBody(profile.Value)),
            AnswersBeta = profiles.Values.Any(static profile => profile.Kind == GateProfile.Utility),
            BetaPoints = ToBody(profiles.Values.FirstOrDefault(static profile => profile.Kind == GateProfile.Utility)?.Points),
            Postprocessing = ToBody(model.Postprocessing),
            Costs = [.. model.Costs.Select(cost => ToBody(cost, model.Exits))],
            Classes = [.. model.Classes.Select(static item => new ClassBody(item.Id, item.Name, item.Isthing, item.Color))],
        };
    }

    private static ProfileBody ToBody(GateProfile gate) =>
        new(gate.Kind, gate.Beta, ToBody(gate.Points), gate.Guard is { } guard ? ToBody(guard.Fallback) : null);

    private static IReadOnlyList<PointBody>? ToBody(IReadOnlyList<GatePoint>? points) => points?.Select(ToBody).ToList();

    private static PointBody ToBody(GatePoint point) => new(point.Size, point.Depth, point.DecoderDepth);

    private static PostprocessingBody ToBody(PostprocessingSettings settings) => new(
        settings.Procedure, Exact(settings.ScoreThreshold), Exact(settings.MaskThreshold), Exact(settings.OverlapThreshold),
        settings.ClassThresholds?.ToDictionary(static entry => entry.Key, static entry => Exact(entry.Value)));

    private static CostBody ToBody(ModelCost cost, IReadOnlyList<int> exits) => new(
        cost.Height,
        cost.Width,
        cost.Stem,
        cost.Layer,
        cost.Decoder,
        exits.ToDictionary(static exit => exit.ToString(CultureInfo.InvariantCulture), exit => Math.Round(cost.At(exit), 3)),
        cost.DecoderExits?.ToDictionary(static exit => exit.Key.ToString(CultureInfo.InvariantCulture), static exit => Math.Round(exit.Value, 3)));

    private static double? Exact(float? value) => value is { } known ? Exact(known) : null;

    // 0.65f as a double would read 0.6499999761581421
    private static double Exact(float value) => (double)(decimal)value;
}
