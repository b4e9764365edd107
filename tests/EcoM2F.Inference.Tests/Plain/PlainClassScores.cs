using System.Numerics.Tensors;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>Class probabilities of every query: softmax over the classes and "no object".</summary>
internal sealed class PlainClassScores
{
    private readonly float[] _values;
    private readonly int _columns;

    private PlainClassScores(float[] values, int queries, int classes)
    {
        _values = values;
        _columns = classes + 1;
        Queries = queries;
        Classes = classes;
    }

    public int Queries { get; }

    /// <summary>Without "no object".</summary>
    public int Classes { get; }

    public static PlainClassScores From(QueryPredictions predictions) => Softmax(predictions.ClassLogits.Span, predictions.Queries, predictions.Classes);

    /// <param name="logits">[queries, classes + 1].</param>
    public static PlainClassScores Softmax(ReadOnlySpan<float> logits, int queries, int classes)
    {
        var scores = new PlainClassScores(new float[queries * (classes + 1)], queries, classes);
        for (var query = 0; query < queries; query++)
        {
            var row = scores.Row(query);
            TensorPrimitives.SoftMax(logits.Slice(query * row.Length, row.Length), row);
        }

        return scores;
    }

    /// <summary>[Classes + 1]</summary>
    public Span<float> Row(int query) => _values.AsSpan(query * _columns, _columns);

    /// <summary>Queries whose best class is a real one with a score above the threshold, in order.</summary>
    public List<PlainScoredQuery> Confident(float threshold)
    {
        var kept = new List<PlainScoredQuery>();
        for (var query = 0; query < Queries; query++)
        {
            var row = Row(query);
            var label = TensorPrimitives.IndexOfMax<float>(row);
            if (label < Classes && row[label] > threshold)
            {
                kept.Add(new PlainScoredQuery(query, label, row[label]));
            }
        }

        return kept;
    }

    /// <summary>The best pairs of query and class, highest first.</summary>
    public List<PlainScoredQuery> Best(int count)
    {
        var pairs = new List<PlainScoredQuery>(Queries * Classes);
        for (var query = 0; query < Queries; query++)
        {
            for (var label = 0; label < Classes; label++)
            {
                pairs.Add(new PlainScoredQuery(query, label, Row(query)[label]));
            }
        }

        pairs.Sort(PlainScoredQuery.HighestFirst);
        pairs.RemoveRange(Math.Min(count, pairs.Count), pairs.Count - Math.Min(count, pairs.Count));
        return pairs;
    }
}

/// <param name="Score">Class probability.</param>
internal readonly record struct PlainScoredQuery(int Query, int Label, float Score)
{
    /// <summary>Between equals the earlier query, then the earlier label.</summary>
    public static int HighestFirst(PlainScoredQuery a, PlainScoredQuery b) =>
        a.Score != b.Score ? b.Score.CompareTo(a.Score) : (a.Query, a.Label).CompareTo((b.Query, b.Label));
}
