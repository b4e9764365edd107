using EcoM2F.Inference.Compute.StructuredFields;
using EcoM2F.Inference.Scheduling;

namespace EcoM2F.Inference.Requests;

/// <summary>
/// Reads the urgency from a <c>Priority</c> header: the member <c>u</c> of a dictionary, an integer from 0 (first) to 7 (last); RFC 9218,
/// section 4. A hint: whatever is wrong with it is ignored, as the RFC says.
/// </summary>
public static class PriorityHeader
{
    public const string Name = "Priority";

    /// <summary>Of a request that says nothing.</summary>
    public const int DefaultUrgency = JobQueue.UsualUrgency;

    private const string UrgencyKey = "u";

    /// <param name="headerLines">Several header lines are one dictionary (RFC 9110, section 5.3).</param>
    public static int Urgency(IEnumerable<string?> headerLines)
    {
        try
        {
            // Of several the last one counts: RFC 9651, section 4.2.2.
            var item = DictionaryParser.Parse(string.Join(", ", headerLines)).LastOrDefault(static member => member.Key == UrgencyKey).Value;
            return item is { Type: ItemType.Integer, Number: >= 0 and <= JobQueue.LeastUrgent } urgency ? (int)urgency.Number : DefaultUrgency;
        }
        catch (StructuredFieldException)
        {
            return DefaultUrgency;
        }
    }
}
