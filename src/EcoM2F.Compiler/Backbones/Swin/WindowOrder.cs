using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Backbones.Swin;

/// <summary>Where window attention finds its operands and puts its results: indices of rows as wide as one head.</summary>
/// <param name="Queries">int64 [windows, heads, tokens], into an image's projections [(H*W+1)*3*heads, d/heads].</param>
/// <param name="Keys">The same for keys.</param>
/// <param name="Values">The same for values.</param>
/// <param name="Back">int64 [H*W*heads], into an image's results [windows*heads*tokens, d/heads].</param>
/// <param name="Mask">[windows, 1, tokens, tokens] added to the logits; none where windows are not shifted.</param>
internal sealed record WindowOrder(Value Queries, Value Keys, Value Values, Value Back, Value Mask);
