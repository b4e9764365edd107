namespace EcoM2F.Compiler;

/// <summary>Which flavours of the graphs that come in two a model folder holds; what has no fused form is portable in any case.</summary>
public enum CompiledFlavours
{
    /// <summary>Fused for the CPU, portable for the rest.</summary>
    Both,

    /// <summary>Standard operators only.</summary>
    Portable,

    /// <summary>A model for CPUs only.</summary>
    Fused,
}
