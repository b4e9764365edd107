using System.Globalization;
using EcoM2F.Inference.Compute;
using EcoM2F.Serving.Hosting;

namespace EcoM2F.Serving.Http;

/// <summary>
/// A proxy in front, such as Envoy, says after how long it will give a request up: later answers are of no use to anybody. From
/// <see cref="TrustedProxies"/> alone, for a client that sets the header itself has <c>deadline-ms</c>.
/// </summary>
internal sealed class ProxyTimeout(TrustedProxies proxies)
{
    public const string Header = "x-envoy-expected-rq-timeout-ms";

    /// <summary>The budget with the tighter of its own deadline and the proxy's. A value that <c>deadline-ms</c> could not have is ignored; 0 is Envoy's word for none.</summary>
    public ComputeBudget Tighten(ComputeBudget budget, HttpContext context)
    {
        var text = context.Request.Headers[Header].ToString();
        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds);
        if (!isNumber || milliseconds is < 1 or > ComputeBudgetParser.MaxDeadlineMilliseconds || !proxies.Sent(context))
        {
            return budget;
        }

        var timeout = TimeSpan.FromMilliseconds(milliseconds);
        return budget.Deadline <= timeout ? budget : budget with { Deadline = timeout };
    }
}
