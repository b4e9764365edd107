using System.Runtime.Intrinsics;

namespace EcoM2F.Inference.Kernels;

/// <summary>
/// Multi-scale deformable attention after its projections: softmax, places and bilinear samples in one pass over the queries.
/// The numbers are those of GridSample (bilinear, zeros outside, align_corners=False) and Softmax to rounding.
/// </summary>
internal static unsafe class DeformableSampling
{
    /// <summary>Samples of one query; bounds the stack that a thread needs (52 bytes each).</summary>
    public const int MaxSamples = 1024;

    /// <summary>Tokens of an image: their numbers are exact as floats and their positions fit an int.</summary>
    public const int MaxTokens = 1 << 24;

    /// <summary>Queries first to end, counted over all images. Threads may run disjoint ranges of one job at once.</summary>
    public static void Run(in SamplingJob job, long first, long end)
    {
        switch (job.Width)
        {
            case VectorWidth.Vector512:
                SamplingKernel<Lanes512, Vector512<float>, Vector512<int>>.Run(job, first, end);
                break;
            case VectorWidth.Vector256:
                SamplingKernel<Lanes256, Vector256<float>, Vector256<int>>.Run(job, first, end);
                break;
            case VectorWidth.Vector128:
                SamplingKernel<Lanes128, Vector128<float>, Vector128<int>>.Run(job, first, end);
                break;
            default:
                SamplingKernel<ScalarLanes, float, int>.Run(job, first, end);
                break;
        }
    }
}
