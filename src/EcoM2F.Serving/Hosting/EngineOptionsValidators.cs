using EcoM2F.Inference;
using EcoM2F.Inference.Depth;
using EcoM2F.Inference.Imaging;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

[OptionsValidator]
internal sealed partial class EngineOptionsValidator : IValidateOptions<EngineOptions>;

[OptionsValidator]
internal sealed partial class BudgetOptionsValidator : IValidateOptions<BudgetOptions>;

[OptionsValidator]
internal sealed partial class ImageLimitsValidator : IValidateOptions<ImageLimits>;
