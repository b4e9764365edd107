using System.Globalization;

namespace EcoM2F.Inference.Models;

/// <summary>What must hold in a manifest before anything that it names is opened. Every failure names the file, the key and what is allowed.</summary>
internal sealed class ManifestRules
{
    private readonly ModelManifest _model;
    private readonly string _file;

    private ManifestRules(ModelManifest model, string file) => (_model, _file) = (model, file);

    /// <summary>Decoder exits that have a graph of their own.</summary>
    private IEnumerable<int> CutDecoders => _model.DecoderExits?.SkipLast(1) ?? [];

    /// <exception cref="ModelLoadException">A rule does not hold.</exception>
    public static void Check(ModelManifest manifest, string file)
    {
        var rules = new ManifestRules(manifest, file);
        rules.CheckIdentity();
        rules.CheckClasses();
        rules.CheckExits();
        rules.CheckPreprocessing(manifest.Preprocessing);
        rules.CheckSizes();
        rules.CheckPostprocessing(manifest.Postprocessing);
        rules.CheckGraphs();
        rules.CheckGates();
        rules.CheckAdapters();
        rules.CheckPrecisions();
    }

    private void CheckIdentity()
    {
        Require(_model.Schema == ModelManifest.CurrentSchema, $"schema is {_model.Schema}; this version reads {ModelManifest.CurrentSchema}");
        Require(ModelManifest.IsName(_model.Name), $"name is '{_model.Name}'; allowed are 1 to 64 of a-z, 0-9, '.', '_', '-', starting with a letter or digit");
        Require(_model.Version.Length is > 0 and <= 64, "version must have 1 to 64 characters");
        Require(_model.Tasks.Count > 0 && _model.Tasks.All(TaskNames.All.Contains), $"tasks must be some of {string.Join(", ", TaskNames.All)}");
    }

    private void CheckClasses()
    {
        Require(_model.Classes.Count > 0, "classes is empty");
        for (var i = 0; i < _model.Classes.Count; i++)
        {
            Require(_model.Classes[i].Id == i, $"classes[{i}] has id {_model.Classes[i].Id}; ids must be label indices in order");
            Require(ModelClass.IsColor(_model.Classes[i].Color), $"classes[{i}].color is '{_model.Classes[i].Color}'; it must be #rrggbb");
        }
    }

    private void CheckExits()
    {
        Require(_model.Exits.Count > 0 && _model.Exits[0] > 0, "exits must hold depths from 1");
        Require(_model.Exits.Zip(_model.Exits.Skip(1)).All(static pair => pair.First < pair.Second), "exits must be ascending");
        if (_model.DecoderExits is { } decoder)
        {
            Require(decoder.Count > 1 && decoder[0] > 0, "decoder_exits must hold at least two depths from 1, the last that of the whole decoder");
            Require(decoder.Zip(decoder.Skip(1)).All(static pair => pair.First < pair.Second), "decoder_exits must be ascending");
            Require(
                _model.Costs.All(cost => decoder.SkipLast(1).All(exit => cost.DecoderExits?.ContainsKey(exit) == true)),
                $"every entry of costs needs decoder_exits with {string.Join(", ", decoder.SkipLast(1))}");
        }

        Require(_model.Costs.Count > 0, "costs is empty");
        Require(_model.Costs.All(static cost => cost.Height > 0 && cost.Width > 0), "costs need a height and a width above 0");
    }

    private void CheckPreprocessing(PreprocessingSettings settings)
    {
        Require(settings.Divisor is > 0 and <= 1024, "preprocessing.divisor must be from 1 to 1024");
        Require(settings.Mean.Count == 3 && settings.Std.Count == 3 && settings.Std.All(static value => value > 0), "preprocessing.mean and .std need three numbers, .std above 0");
        Require(
            settings is { ShortestEdge: > 0, Height: null, Width: null } or { ShortestEdge: null, LongestEdge: null, Height: > 0, Width: > 0 },
            "preprocessing needs either shortest_edge (and longest_edge) or height and width");
    }

    private void CheckSizes()
    {
        var fault = _model.Sizes is { } sizes ? SizeRules.FindFault(sizes, _model.Preprocessing) : null;
        Require(fault is null, $"sizes {fault}");
    }

    private void CheckPostprocessing(PostprocessingSettings settings)
    {
        Require(settings.ScoreThreshold is >= 0 and <= 1, "postprocessing.score_threshold must be from 0 to 1");
        if (_model.Tasks.Contains(TaskNames.Detection))
        {
            Require(_model.Tasks.Count == 1, "tasks must be detection alone, or not hold it");
            Require(settings.MakesBoxes, $"postprocessing.procedure is '{settings.Procedure}'; allowed for detection are detr and deformable_detr");
            Require(settings is { MaskThreshold: null, OverlapThreshold: null }, "postprocessing.mask_threshold and .overlap_threshold must be absent for detection");
            Require(settings.ClassThresholds is null, "postprocessing.class_thresholds must be absent for detection");
            return;
        }

        Require(settings.Procedure is PostprocessingSettings.Meta or PostprocessingSettings.HuggingFace, $"postprocessing.procedure is '{settings.Procedure}'; allowed are meta and hf");
        Require(
            settings is { MaskThreshold: >= 0 and <= 1, OverlapThreshold: >= 0 and <= 1 },
            "postprocessing.mask_threshold and .overlap_threshold must be from 0 to 1");
        foreach (var (name, threshold) in settings.ClassThresholds ?? new Dictionary<string, float>())
        {
            Require(_model.Classes.Any(known => known.Name == name), $"postprocessing.class_thresholds has '{name}', which no class is called");
            Require(threshold is >= 0 and <= 1, string.Create(CultureInfo.InvariantCulture, $"postprocessing.class_thresholds.{name} is {threshold}; it must be from 0 to 1"));
        }
    }

    private void CheckGraphs()
    {
        for (var i = 0; i < _model.Graphs.Count; i++)
        {
            CheckGraph(_model.Graphs[i], $"graphs[{i}]");
        }

        foreach (var stage in (string[])[GraphStages.Stem, GraphStages.Decoder, GraphStages.EncoderExits])
        {
            RequireGraph(graph => graph.Stage == stage && graph.Exit is null, $"stage {stage}");
        }

        foreach (var exit in _model.Exits)
        {
            RequireGraph(graph => graph.Stage == GraphStages.Encoder && graph.Exit == exit, $"stage {GraphStages.Encoder}, exit {exit}");
        }

        foreach (var exit in CutDecoders)
        {
            RequireGraph(graph => graph.Stage == GraphStages.Decoder && graph.Exit == exit, $"stage {GraphStages.Decoder}, exit {exit}");
        }

        foreach (var name in _model.Graphs.Select(static graph => graph.File).Append(_model.Weights))
        {
            Require(_model.Sha256.ContainsKey(name), $"sha256 has no entry for {name}");
        }
    }

    private void CheckGraph(GraphEntry graph, string where)
    {
        Require(graph.Stage.Length > 0, $"{where}.stage is empty");
        Require(GraphFlavours.All.Contains(graph.Flavour), $"{where}.flavour is '{graph.Flavour}'; allowed are {string.Join(", ", GraphFlavours.All)}");
        Require(GraphPrecisions.All.Contains(graph.Precision), $"{where}.precision is '{graph.Precision}'; allowed are {string.Join(", ", GraphPrecisions.All)}");
        Require(
            graph.Stage == GraphStages.Encoder ? graph.Exit is { } exit && _model.Exits.Contains(exit)
                : graph.Exit is not { } cut || (graph.Stage == GraphStages.Decoder && CutDecoders.Contains(cut)),
            $"{where}.exit is {graph.Exit?.ToString(CultureInfo.InvariantCulture) ?? "absent"}; an {GraphStages.Encoder} has one of {string.Join(", ", _model.Exits)}, "
            + $"{(_model.DecoderExits is null ? "" : $"a {GraphStages.Decoder} one of {string.Join(", ", CutDecoders)} or none, ")}other stages have none");
        Require(
            _model.Graphs.Count(other => (other with { File = graph.File }) == graph) == 1,
            $"{where} is a second {graph.Flavour} {graph.Precision} graph of stage {graph.Stage}{(graph.Exit is null ? "" : $", exit {graph.Exit}")}");
    }

    private void RequireGraph(Func<GraphEntry, bool> wanted, string what) => Require(
        _model.Graphs.Any(graph => graph.Precision == GraphPrecisions.Fp32 && wanted(graph)),
        $"graphs has no {GraphPrecisions.Fp32} graph for {what}; it needs one of flavour {string.Join(" or ", GraphFlavours.All)}");

    private void CheckGates()
    {
        if (_model.Gates is not { } gates)
        {
            return;
        }

        Require(
            gates.Profiles.TryGetValue(gates.Default, out var chosen) && chosen.Kind == GateProfile.Classifier,
            $"gates.default is '{gates.Default}', which is not a profile of kind classifier");
        Require(gates.Profiles.Values.All(static gate => gate.Kind is GateProfile.Classifier or GateProfile.Utility), "a gate's kind must be classifier or utility");
        Require(gates.Profiles.Values.Count(static gate => gate.Kind == GateProfile.Utility) <= 1, "a model has at most one utility gate");
        foreach (var (profile, gate) in gates.Profiles)
        {
            Require(_model.Sha256.ContainsKey(gate.File), $"sha256 has no entry for {gate.File} of profile {profile}");
            CheckPoints(gate, $"gates.profiles.{profile}");
        }
    }

    private void CheckPoints(GateProfile gate, string where)
    {
        var points = _model.PointsOf(gate);
        Require(points.Count > 0 && points.Distinct().Count() == points.Count, $"{where}.points must hold points, none of them twice");
        Require(
            points.All(_model.Points.Contains),
            $"{where}.points must be of the sizes {string.Join(", ", _model.ShortestEdges)} and the depths {string.Join(", ", _model.Exits)}"
            + (_model.DecoderExits is { } decoder ? $", with the decoder depths {string.Join(", ", decoder)}" : ", without a decoder depth"));
        if (gate.Guard is { } guard)
        {
            Require(guard.MaxLeverage > 0 && double.IsFinite(guard.MaxLeverage), $"{where}.guard.max_leverage must be a number above 0");
            Require(points.Contains(guard.Fallback), $"{where}.guard.fallback must be one of the profile's points");
        }
    }

    private void CheckAdapters()
    {
        if (_model.ExitAdapters is not { } adapters)
        {
            return;
        }

        Require(_model.Sha256.ContainsKey(adapters.File), $"sha256 has no entry for {adapters.File} of exit_adapters");
        Require(adapters.RelativeError.Count > 0, "exit_adapters.relative_error is empty");
        foreach (var (exit, errors) in adapters.RelativeError)
        {
            Require(
                _model.Exits.Contains(exit) && exit < _model.MaxDepth,
                $"exit_adapters.relative_error has exit {exit}; allowed are {string.Join(", ", _model.Exits.SkipLast(1))}");
            Require(errors.Count == 2, $"exit_adapters.relative_error of exit {exit} must be two numbers, without adapter and with it");
        }
    }

    private void CheckPrecisions()
    {
        Require(
            _model.Graphs.All(static graph => graph.Precision != GraphPrecisions.EightBits) || _model.Precisions?.ContainsKey(GraphPrecisions.EightBits) == true,
            $"graphs has {GraphPrecisions.EightBits} graphs, and precisions does not say how far they may differ");
        foreach (var (precision, record) in _model.Precisions ?? new Dictionary<string, PrecisionRecord>())
        {
            var where = $"precisions.{precision}";
            Require(GraphPrecisions.All.Contains(precision) && precision != GraphPrecisions.Fp32, $"{where} is not one of {string.Join(", ", GraphPrecisions.All.Skip(1))}");
            Require(_model.Sha256.ContainsKey(record.Weights), $"sha256 has no entry for {record.Weights} of {where}");
            Require(record.Tolerance.Share is >= 0 and <= 1, $"{where}.tolerance.share must be from 0 to 1");
            Require(record.Tolerance.Tensors.Values.All(static value => value >= 0 && double.IsFinite(value)), $"{where}.tolerance.tensors must hold numbers from 0");
        }
    }

    private void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ModelLoadException($"{_file}: {otherwise}.");
        }
    }
}
