using System.Numerics.Tensors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Inference.Verification;

/// <summary>
/// Runs a model's graphs on stored inputs (<c>caseN.pixel_values</c>) and compares what they give with what is stored beside them.
/// Nothing compared, a shape that differs, or a value that is not finite is a failure.
/// </summary>
public static class ModelVerifier
{
    /// <summary>fp32 against the reference: its own rounding is up to 4e-5 in mask logits, the default model here differs from it by up to 1.5e-4; more than this limit is a mistake.</summary>
    public const double DefaultTolerance = 5e-4;

    /// <summary>
    /// fp16 graphs against fp32: fp16 keeps 11 bits, so a value of 8 is off by up to 4e-3 each time it is rounded, and each of the
    /// dozens of layers rounds; more than this limit is a mistake, not rounding.
    /// </summary>
    public const double HalfTolerance = 0.2;

    /// <summary>Share of mask signs, and of classes, that must be equal in a canary.</summary>
    private const double EqualShare = 0.99;

    /// <summary>The same for fp16 graphs: a mask's edge moves, and an attention entry that flips there may change a query.</summary>
    private const double HalfShare = 0.9;

    private const string GatePart = ".gate.";

    private const string InputSuffix = $".{GraphTensors.PixelValues}";

    /// <summary>Every tensor within the tolerance; of other graphs than fp32, the decoder's outputs as <see cref="VerifyCanary"/> has it.</summary>
    /// <param name="tolerance">Largest absolute difference. Null: that of the graphs' precision.</param>
    public static VerificationReport Verify(ModelSessions sessions, ModelManifest manifest, string expectedPath, double? tolerance, CancellationToken cancellationToken)
    {
        var check = new Comparison(ToleranceOf(manifest, sessions.Precision), tolerance, !IsMeasured(manifest, sessions.Precision));
        return Run(sessions, manifest, expectedPath, check, sessions.Precision == GraphPrecisions.Fp32 ? check.Within : check.BySignsAndClasses, cancellationToken);
    }

    /// <summary>
    /// The folder's own canary. Pooled feature, gates and encoder within the tolerance; of the decoder's outputs 99% (fp16: 90%; int8: as the
    /// manifest has it) equal mask signs and the same classes, because one attention entry flipped by another machine's rounding may change a
    /// query. Nothing can flip in a detector: its logits and boxes are compared as the rest.
    /// </summary>
    /// <param name="tolerance">Largest absolute difference. Null: that of the graphs' precision.</param>
    public static VerificationReport VerifyCanary(ModelSessions sessions, ModelFolder folder, double? tolerance, CancellationToken cancellationToken)
    {
        var check = new Comparison(ToleranceOf(folder.Manifest, sessions.Precision), tolerance, !IsMeasured(folder.Manifest, sessions.Precision));
        return Run(sessions, folder.Manifest, folder.PathOf(folder.Manifest.Canary), check, check.BySignsAndClasses, cancellationToken);
    }

    /// <summary>Measured, where the manifest has it; else by what the precision's rounding comes to.</summary>
    private static PrecisionTolerance ToleranceOf(ModelManifest manifest, string precision) =>
        manifest.Precisions?.GetValueOrDefault(precision) is { } measured ? measured.Tolerance
        : precision == GraphPrecisions.Fp16 ? Uniform(HalfShare, HalfTolerance)
        : Uniform(EqualShare, DefaultTolerance);

    private static bool IsMeasured(ModelManifest manifest, string precision) => manifest.Precisions?.ContainsKey(precision) == true;

    private static PrecisionTolerance Uniform(double share, double absolute) => new(share, new Dictionary<string, double> { [GraphTensors.Encoder] = absolute });

    private static VerificationReport Run(
        ModelSessions sessions,
        ModelManifest manifest,
        string expectedPath,
        Comparison check,
        Action<string, ExpectedTensor, ExpectedTensor> compare,
        CancellationToken cancellationToken)
    {
        using var file = SafetensorsFile.Open(expectedPath);
        var skipped = new List<string>();
        var cases = file.Tensors.Select(static tensor => tensor.Name).Where(static name => name.EndsWith(InputSuffix, StringComparison.Ordinal));
        foreach (var input in cases.Order(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var prefix = input[..^(InputSuffix.Length - 1)];
            using var outputs = new GraphOutputs(sessions, manifest, file.Floats(input), [.. file[input].Shape]);
            foreach (var tensor in file.Tensors.Where(tensor => tensor.Name != input && tensor.Name.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(static tensor => tensor.Name, StringComparer.Ordinal))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (outputs.Get(tensor.Name[prefix.Length..]) is { } actual)
                {
                    check.Prefix = prefix.Length;
                    compare(tensor.Name, new ExpectedTensor(tensor.Shape, file.Floats(tensor.Name)), actual);
                }
                else
                {
                    skipped.Add(tensor.Name);
                }
            }
        }

        return check.Report(skipped);
    }

    /// <param name="overall">For every tensor in place of its own; null: its own.</param>
    /// <param name="gates">Whether gates count: trained anew they have other scores, and tolerances that were measured are about those before. They compute on fp32 what the pooled feature gives, and that is compared.</param>
    private sealed class Comparison(PrecisionTolerance tolerance, double? overall, bool gates)
    {
        private readonly SortedDictionary<string, double> _maxAbs = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, double> _shares = new(StringComparer.Ordinal);
        private readonly List<string> _failures = [];

        /// <summary>Length of the case's part of the names.</summary>
        public int Prefix { get; set; }

        public void Within(string name, ExpectedTensor expected, ExpectedTensor actual)
        {
            var allowed = overall ?? tolerance.Tensors.GetValueOrDefault(name[Prefix..], tolerance.Largest);
            if (Comparable(name, expected, actual) && !(_maxAbs[name] <= allowed))
            {
                _failures.Add(FormattableString.Invariant($"{name} differs by up to {_maxAbs[name]:g3}; allowed is {allowed:g3}."));
            }
        }

        public void BySignsAndClasses(string name, ExpectedTensor expected, ExpectedTensor actual)
        {
            if (name.EndsWith($".{GraphTensors.MasksQueriesLogits}", StringComparison.Ordinal))
            {
                SameSigns(name, expected, actual);
            }
            else if (name.EndsWith($".{GraphTensors.ClassQueriesLogits}", StringComparison.Ordinal))
            {
                SameClasses(name, expected, actual);
            }
            else if (gates || !name.Contains(GatePart, StringComparison.Ordinal))
            {
                Within(name, expected, actual);
            }
        }

        private void SameSigns(string name, ExpectedTensor expected, ExpectedTensor actual)
        {
            if (!Comparable(name, expected, actual))
            {
                return;
            }

            var equal = 0L;
            for (var i = 0; i < expected.Values.Length; i++)
            {
                equal += (expected.Values[i] >= 0) == (actual.Values[i] >= 0) ? 1 : 0;
            }

            Require(name, "mask signs", equal, expected.Values.Length);
        }

        private void SameClasses(string name, ExpectedTensor expected, ExpectedTensor actual)
        {
            if (!Comparable(name, expected, actual))
            {
                return;
            }

            var classes = (int)expected.Shape[^1];
            var (equal, queries) = (0L, 0L);
            for (var i = 0; i < expected.Values.Length; i += classes)
            {
                equal += TensorPrimitives.IndexOfMax<float>(expected.Values.AsSpan(i, classes)) == TensorPrimitives.IndexOfMax<float>(actual.Values.AsSpan(i, classes)) ? 1 : 0;
                queries++;
            }

            Require(name, "classes", equal, queries - 1); // the one query that a flipped entry may change
        }

        public VerificationReport Report(List<string> skipped)
        {
            if (_maxAbs.Count == 0 && _failures.Count == 0)
            {
                _failures.Add("Nothing was compared: the file has no caseN.pixel_values with outputs that these graphs produce.");
            }

            return new VerificationReport(overall ?? tolerance.Largest, _maxAbs, skipped, _failures) { Shares = _shares };
        }

        private void Require(string name, string what, long equal, long of)
        {
            _shares[name] = of > 0 ? Math.Min(1, (double)equal / of) : 1;
            if (equal < tolerance.Share * of)
            {
                _failures.Add($"{name}: {equal} of {of} {what} are equal; at least {tolerance.Share:P0} must be.");
            }
        }

        private bool Comparable(string name, ExpectedTensor expected, ExpectedTensor actual)
        {
            if (!expected.Shape.SequenceEqual(actual.Shape))
            {
                _failures.Add($"{name} has shape [{string.Join(", ", actual.Shape)}]; [{string.Join(", ", expected.Shape)}] is stored.");
                return false;
            }

            var largest = 0f;
            for (var i = 0; i < expected.Values.Length; i++)
            {
                var difference = Math.Abs(expected.Values[i] - actual.Values[i]);
                if (!float.IsFinite(difference))
                {
                    _failures.Add($"{name}[{i}] is not finite.");
                    return false;
                }

                largest = Math.Max(largest, difference);
            }

            _maxAbs[name] = largest;
            return true;
        }
    }
}
