using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>A stack of planes whose rows are made on demand, as input of a resize.</summary>
internal abstract class PlainPlaneRows(int columns)
{
    public int Columns => columns;

    /// <summary>Makes rows [first, first + count) of every plane readable; for sources that compute all planes together.</summary>
    public virtual void Prepare(int first, int count)
    {
    }

    /// <param name="scratch">[Columns], for sources that compute the row.</param>
    /// <returns>[Columns]</returns>
    public abstract ReadOnlySpan<float> Row(int plane, int row, Span<float> scratch);
}

/// <summary>The mask logits as the model gave them; planes are queries.</summary>
internal sealed class PlainLogitRows(QueryPredictions predictions) : PlainPlaneRows(predictions.MaskWidth)
{
    public override ReadOnlySpan<float> Row(int plane, int row, Span<float> scratch) =>
        predictions.MaskLogits.Span.Slice(((plane * predictions.MaskHeight) + row) * Columns, Columns);
}
