using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EcoM2F.Inference.Kernels;

namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary>One call of an <c>MSDeformAttn</c> node: checks the tensors, then samples them on the session's threads.</summary>
internal static unsafe class SamplingCall
{
    /// <summary>Queries that a thread takes at once: some tens of microseconds of work on neighbours, which read the same cells.</summary>
    private const int BlockQueries = 32;

    /// <exception cref="ArgumentException">A tensor's shape does not fit; names the input.</exception>
    [SkipLocalsInit]
    public static void Run(in SamplingSize size, KernelContext context)
    {
        var (values, projected, shapes) = (context.Required(0, "values"), context.Required(1, "projected"), context.Required(2, "spatial_shapes"));
        var job = new SamplingJob { Heads = size.Heads, Levels = size.Levels, Points = size.Points };
        var images = ReadValues(context, ref job, values, shapes);
        ReadQueries(context, ref job, projected, images);
        ReadReferences(context, ref job, context.Input(3), images);

        Span<long> output = stackalloc long[projected.Rank];
        projected.Shape.CopyTo(output);
        output[^1] = job.Channels;
        job.Output = (float*)context.Output(0, output);
        job.Width = VectorWidths.For(Math.Min(job.HeadWidth, job.Samples), VectorWidths.Widest);
        var memory = stackalloc float[SamplingTables.Length(job.Samples)];
        job.Tables = new SamplingTables(memory, job.Samples);
        job.Tables.Fill(job);
        var blocks = (job.EndQuery + BlockQueries - 1) / BlockQueries;
        context.ParallelFor(&RunBlock, blocks, &job);
    }

    /// <summary>Nothing in it can throw: it reads and writes what <see cref="Run"/> has checked.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunBlock(void* state, nuint block)
    {
        ref readonly var job = ref *(SamplingJob*)state;
        var first = (long)block * BlockQueries;
        DeformableSampling.Run(job, first, Math.Min(first + BlockQueries, job.EndQuery));
    }

    private static long ReadValues(KernelContext context, ref SamplingJob job, in KernelContext.KernelTensor values, in KernelContext.KernelTensor shapes)
    {
        context.Require(shapes.Rank == 2 && shapes.Shape[0] == job.Levels && shapes.Shape[1] == 2, "spatial_shapes", shapes.Shape, $"[{job.Levels}, 2]");
        job.Sizes = (long*)shapes.Data;
        job.Tokens = CountTokens(job);
        var rows = values.Rank >= 2 && values.Shape[^1] > 0 ? values.Elements / values.Shape[^1] : -1;
        context.Require(
            rows >= 0 && rows % job.Tokens == 0 && values.Shape[^1] % job.Heads == 0 && values.Shape[^1] <= int.MaxValue / sizeof(float),
            "values", values.Shape, $"[.., d] with a multiple of {job.Tokens} rows and d a multiple of {job.Heads}");
        job.HeadWidth = (int)(values.Shape[^1] / job.Heads);
        job.Values = (float*)values.Data;
        return rows / job.Tokens;
    }

    private static long CountTokens(in SamplingJob job)
    {
        var tokens = 0L;
        for (var level = 0; level < job.Levels; level++)
        {
            var (height, width) = (job.Sizes[2 * level], job.Sizes[(2 * level) + 1]);
            if (height is < 1 or > DeformableSampling.MaxTokens || width is < 1 or > DeformableSampling.MaxTokens)
            {
                throw new ArgumentException($"MSDeformAttn: spatial_shapes[{level}] is {height} x {width}; allowed are 1 to {DeformableSampling.MaxTokens} each.");
            }

            tokens += height * width;
        }

        return tokens <= DeformableSampling.MaxTokens
            ? tokens
            : throw new ArgumentException($"MSDeformAttn: spatial_shapes make {tokens} tokens; allowed are at most {DeformableSampling.MaxTokens}.");
    }

    private static void ReadQueries(KernelContext context, ref SamplingJob job, in KernelContext.KernelTensor projected, long images)
    {
        var rows = projected.Rank >= 2 && projected.Shape[^1] == 3 * job.Samples ? projected.Elements / projected.Shape[^1] : -1;
        context.Require(
            rows >= 0 && (images == 0 ? rows == 0 : rows % images == 0),
            "projected", projected.Shape, $"[.., {3 * job.Samples}] with a multiple of {images} rows");
        job.Queries = images == 0 ? 0 : rows / images;
        job.EndQuery = rows;
        job.Projected = (float*)projected.Data;
    }

    private static void ReadReferences(KernelContext context, ref SamplingJob job, KernelContext.KernelTensor? references, long images)
    {
        if (references is not { } tensor)
        {
            if (job.Queries != job.Tokens && images > 0)
            {
                throw new ArgumentException(
                    $"MSDeformAttn: projected has {job.Queries} rows an image and values {job.Tokens}; without reference_points every token is its own query.");
            }

            return;
        }

        context.Require(
            tensor.Rank == 4 && tensor.Shape[0] == images && tensor.Shape[1] == job.Queries && tensor.Shape[2] == job.Levels && tensor.Shape[3] == 2,
            "reference_points", tensor.Shape, $"[{images}, {job.Queries}, {job.Levels}, 2]");
        job.References = (float*)tensor.Data;
    }
}
