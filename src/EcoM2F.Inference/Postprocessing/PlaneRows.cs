namespace EcoM2F.Inference.Postprocessing;

/// <summary>A stack of planes whose rows are made on demand, as input of a resize.</summary>
internal abstract class PlaneRows(int columns) : IDisposable
{
    public int Columns => columns;

    /// <summary>Called once, with the most rows that will be asked for together.</summary>
    public virtual void Reserve(int rows)
    {
    }

    /// <summary>Makes rows [first, first + count) of every plane readable. Neither end ever moves back.</summary>
    public virtual void Prepare(int first, int count)
    {
    }

    /// <summary>Rows that have been prepared.</summary>
    /// <returns>[count, Columns]</returns>
    public abstract ReadOnlySpan<float> Rows(int plane, int first, int count);

    public virtual void Dispose()
    {
    }
}

/// <summary>The mask logits as the model gave them; planes are queries.</summary>
internal sealed class LogitRows(QueryPredictions predictions) : PlaneRows(predictions.MaskWidth)
{
    public override ReadOnlySpan<float> Rows(int plane, int first, int count) =>
        predictions.MaskLogits.Span.Slice(((plane * predictions.MaskHeight) + first) * Columns, count * Columns);
}
