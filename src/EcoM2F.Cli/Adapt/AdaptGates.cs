using EcoM2F.Cli.Output;
using EcoM2F.Cli.TrainGate;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Cli.Adapt;

/// <summary>The gates that an adapted model gets: classifiers aimed at shares of the full cost, and the utility gate.</summary>
internal static class AdaptGates
{
    /// <summary>Shares of the mean GMACs of the deepest exit at the own size, by profile. Agreement has no usual price to aim at.</summary>
    public static IReadOnlyDictionary<string, double> Shares { get; } = new Dictionary<string, double> { ["fast"] = 0.5, ["balanced"] = 0.7, ["best"] = 0.85 };

    public const string Default = "balanced";

    private const int Folds = 5;

    /// <summary>As <c>train-gate</c> has it.</summary>
    private const double Guard = 0.95;

    /// <summary>
    /// What the report compares: all that <c>evaluate</c> compares of itself, but the utility gate at the prices that the profiles were found at. Agreement
    /// falls by more than quality does from one layer to the one before, so the usual prices would always lead to full depth.
    /// </summary>
    public static string Policies(ModelManifest model)
    {
        var prices = Shares.Keys.Select(profile => model.Gates!.Profiles[profile].Beta!.Value).Distinct().Order().ToList();
        var usual = PolicyParser.Defaults(model);
        PolicyKind[] priced = [PolicyKind.Utility, PolicyKind.DepthOnly, PolicyKind.SizeOnly];
        return string.Join(',', usual.Where(policy => !priced.Contains(policy.Kind)).Concat(
            from kind in priced where usual.Any(policy => policy.Kind == kind) from price in prices select new Policy(kind, Number: price)).Select(static policy => policy.Name));
    }

    /// <summary>Trains and installs all of them, whether they are shown to be worth it or not; the report says which are.</summary>
    public static void Train(string model, string rows, Report step, CancellationToken cancellationToken)
    {
        foreach (var (profile, share) in Shares)
        {
            var target = new GateTarget(GateTargetKind.GmacsShare, share) { Nearest = true };
            Run(Options(GateProfile.Classifier) with { Profile = profile, Target = target, MakeDefault = profile == Default });
        }

        Run(Options(GateProfile.Utility));

        void Run(TrainGateOptions gate) => new TrainGateRun(gate.Checked(), step).Run(cancellationToken);

        TrainGateOptions Options(string kind) => new()
        {
            Files = [rows],
            Model = model,
            Kind = kind,
            Loss = TrainGateOptions.Gain,
            Folds = Folds,
            Force = true,
            Guard = Guard,
        };
    }
}
