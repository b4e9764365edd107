using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary>
/// The operators of our own that fused graphs use, in the domain <c>ecom2f</c>: <c>MSDeformAttn</c>, <c>AddLayerNorm</c> and <c>GroupNorm</c>. They are made once per
/// process and never freed, because every session that knows them points to them.
/// </summary>
public static unsafe class EcoM2FOperators
{
    public const string Domain = "ecom2f";

    /// <summary>Deformable attention's sampling. See <see cref="CustomOps.MSDeformAttn"/>.</summary>
    public const string MSDeformAttn = Domain + "::" + nameof(CustomOps.MSDeformAttn);

    /// <summary>Residual and layer normalisation. See <see cref="CustomOps.AddLayerNorm"/>.</summary>
    public const string AddLayerNorm = Domain + "::" + nameof(CustomOps.AddLayerNorm);

    /// <summary>Group normalisation, and what follows it in a feature pyramid. See <see cref="CustomOps.GroupNorm"/>.</summary>
    public const string GroupNorm = Domain + "::" + nameof(CustomOps.GroupNorm);

    /// <summary>Of the domain.</summary>
    public const int Version = 1;

    private static readonly Lazy<nint> NativeDomain = new(CreateDomain);

    /// <summary>Makes the operators known to sessions that are opened with these options.</summary>
    /// <exception cref="InvalidOperationException">ONNX Runtime refuses; says why.</exception>
    public static void AddTo(SessionOptions options)
    {
        var domain = NativeDomain.Value;
        var taken = false;
        try
        {
            options.DangerousAddRef(ref taken);
            OrtStatus.Check(OrtApi.AddCustomOpDomain(options.DangerousGetHandle(), domain));
        }
        finally
        {
            if (taken)
            {
                options.DangerousRelease();
            }
        }
    }

    private static nint CreateDomain()
    {
        // The environment first, or ONNX Runtime makes one of its own with other threads.
        _ = OrtEnv.Instance();
        nint domain;
        fixed (byte* name = "ecom2f"u8)
        {
            OrtStatus.Check(OrtApi.CreateCustomOpDomain(name, &domain));
        }

        OrtStatus.Check(OrtApi.AddToDomain(domain, CustomOps.MSDeformAttn.Create()));
        OrtStatus.Check(OrtApi.AddToDomain(domain, CustomOps.AddLayerNorm.Create()));
        OrtStatus.Check(OrtApi.AddToDomain(domain, CustomOps.GroupNorm.Create()));
        return domain;
    }
}
