using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Architectures;

/// <param name="ModelType">Hugging Face's <c>model_type</c>.</param>
/// <param name="ClassName">Hugging Face's class, which the list <c>architectures</c> must have where there is one.</param>
/// <param name="RequiredTensor">A tensor that every checkpoint of this architecture has: it shows what all names are prefixed with.</param>
/// <param name="Read">Reads config.json. Throws <see cref="CompileException"/> for a key whose value cannot be built.</param>
internal sealed record ArchitectureEntry(string ModelType, string ClassName, string RequiredTensor, Func<ConfigKeys, CheckpointReader, IArchitecture> Read);
