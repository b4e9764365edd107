using System.Numerics.Tensors;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>Class probabilities of every query: softmax over the classes and "no object".</summary>
internal sealed class ClassScores
{
    private readonly float[] _values;
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

    public static ClassScores From(QueryPredictions predictions)
    {
        var scores = new ClassScores(new float[predictions.Queries * (predictions.Classes + 1)], predictions.Queries, predictions.Classes);
        for (var query = 0; query < predictions.Queries; query++)
        {
            var row = scores.Row(query);
            TensorPrimitives.SoftMax(predictions.ClassLogits.Span.Slice(query * row.Length, row.Length), row);
        }

        return scores;
    }

    /// <summary>[Classes + 1]</summary>
    public Span<float> Row(int query) => _values.AsSpan(query * _columns, _columns);

    /// <summary>Queries whose best class is a real one with a score above the threshold, in order.</summary>
    public List<ScoredQuery> Confident(float threshold)
    {
        var kept = new List<ScoredQuery>();
        for (var query = 0; query < Queries; query++)
        {
            var row = Row(query);
            var label = TensorPrimitives.IndexOfMax<float>(row);
            if (label < Classes && row[label] > threshold)
            {
                kept.Add(new ScoredQuery(query, label, row[label]));
            }
        }

        return kept;
    }

    /// <summary>The best pairs of query and class, highest first.</summary>
    public List<ScoredQuery> Best(int count)
    {
        var pairs = new List<ScoredQuery>(Queries * Classes);
        for (var query = 0; query < Queries; query++)
        {
            for (var label = 0; label < Classes; label++)
            {
                pairs.Add(new ScoredQuery(query, label, Row(query)[label]));
            }
        }

        pairs.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : (a.Query, a.Label).CompareTo((b.Query, b.Label)));
        pairs.RemoveRange(Math.Min(count, pairs.Count), pairs.Count - Math.Min(count, pairs.Count));
        return pairs;
    }
}

/// <param name="Score">Class probability.</param>
internal readonly record struct ScoredQuery(int Query, int Label, float Score);
