using System.Numerics.Tensors;
using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>Class probabilities of every query: softmax over the classes and "no object". Owns a rented table.</summary>
internal sealed class ClassScores : IDisposable
{
    private float[]? _values;
    private readonly int _columns;

    private ClassScores(float[] values, int queries, int classes)
    {
        _values = values;
        _columns = classes + 1;
        Queries = queries;
        Classes = classes;
    }

    public int Queries { get; }

    /// <summary>Without "no object".</summary>
    public int Classes { get; }

    public static ClassScores From(QueryPredictions predictions) => Softmax(predictions.ClassLogits.Span, predictions.Queries, predictions.Classes);

    /// <param name="logits">[queries, classes + 1].</param>
    public static ClassScores Softmax(ReadOnlySpan<float> logits, int queries, int classes)
    {
        var scores = new ClassScores(ImageArrays<float>.Pool.Rent(queries * (classes + 1)), queries, classes);
        for (var query = 0; query < queries; query++)
        {
            var row = scores.Row(query);
            TensorPrimitives.SoftMax(logits.Slice(query * row.Length, row.Length), row);
        }

        return scores;
    }

    /// <summary>[Classes + 1]</summary>
    public Span<float> Row(int query) => _values.AsSpan(query * _columns, _columns);

    /// <summary>Queries whose best class is a real one with a score above its threshold, in order.</summary>
    public List<ScoredQuery> Confident(PostprocessingParameters parameters)
    {
        var kept = new List<ScoredQuery>();
        for (var query = 0; query < Queries; query++)
        {
            var row = Row(query);
            var label = TensorPrimitives.IndexOfMax<float>(row);
            if (label < Classes && row[label] > parameters.ScoreThresholdOf(label))
            {
                kept.Add(new ScoredQuery(query, label, row[label]));
            }
        }

        return kept;
    }

    /// <summary>The best pairs of query and class, highest first, without those below a score.</summary>
    public List<ScoredQuery> Best(int count, float minimum)
    {
        var pairs = new List<ScoredQuery>();
        for (var query = 0; query < Queries; query++)
        {
            var row = Row(query);
            for (var label = 0; label < Classes; label++)
            {
                var score = row[label];
                if (!(score < minimum)) // one that is not a number stays, as it does where there is no minimum
                {
                    pairs.Add(new ScoredQuery(query, label, score));
                }
            }
        }

        pairs.Sort(ScoredQuery.HighestFirst);
        pairs.RemoveRange(Math.Min(count, pairs.Count), pairs.Count - Math.Min(count, pairs.Count));
        return pairs;
    }

    public void Dispose()
    {
        if (_values is not null)
        {
            ImageArrays<float>.Pool.Return(_values);
            _values = null;
        }
    }
}

/// <param name="Score">Class probability.</param>
internal readonly record struct ScoredQuery(int Query, int Label, float Score)
{
    /// <summary>Between equals the earlier query, then the earlier label.</summary>
    public static int HighestFirst(ScoredQuery a, ScoredQuery b) =>
        a.Score != b.Score ? b.Score.CompareTo(a.Score) : (a.Query, a.Label).CompareTo((b.Query, b.Label));
}
