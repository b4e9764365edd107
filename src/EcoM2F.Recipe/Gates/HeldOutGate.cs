namespace EcoM2F.Recipe.Gates;

/// <summary>A gate on images that it did not see, as it would be served: with its guard, and beside what it would do with one axis fixed.</summary>
internal sealed class HeldOutGate(GateData data, IGateTrainer trainer, GateGuarding? guarding)
{
    /// <summary>What the gate would choose, guarded where it has a guard.</summary>
    public HeldOutChoices At(double beta)
    {
        var choices = Unguarded(beta);
        return guarding is null ? choices : choices with { Gate = guarding.Guard(choices.Gate, beta) };
    }

    public HeldOutChoices Unguarded(double beta)
    {
        var choices = new HeldOutChoices(beta, trainer.ChooseHeldOut(beta));
        if (trainer is not GainTrainer gains || !data.HasPoints)
        {
            return choices;
        }

        var best = data.Points[choices.Judge(data).Best];
        return choices with
        {
            DepthAlone = gains.ChooseHeldOut(beta, Points(point => point.Size == best.Size && point.DecoderDepth == best.DecoderDepth)),
            SizeAlone = gains.ChooseHeldOut(beta, Points(point => point.Depth == best.Depth && point.DecoderDepth == best.DecoderDepth)),
        };

        int[] Points(Func<Inference.Models.GatePoint, bool> isAllowed) => [.. Enumerable.Range(0, data.Points.Count).Where(point => isAllowed(data.Points[point]))];
    }
}
