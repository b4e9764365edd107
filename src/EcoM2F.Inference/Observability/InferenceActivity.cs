using System.Diagnostics;

namespace EcoM2F.Inference.Observability;

/// <summary>Traces of the engine: one span per stage of an image, below the span of its request.</summary>
public static class InferenceActivity
{
    public static ActivitySource Source { get; } = new("EcoM2F");

    /// <summary>Starts the span of a stage; null, at no cost, where nobody listens or nothing is above it (warm-up).</summary>
    /// <param name="parent">The request's span: stages run on other threads, where it is not the current one.</param>
    internal static Activity? Start(string stage, ActivityContext? parent) =>
        parent is { } context ? Source.StartActivity(stage, ActivityKind.Internal, context) : null;
}
