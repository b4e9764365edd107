using EcoM2F.Inference.Compute.StructuredFields;
using EcoM2F.Inference.Errors;

namespace EcoM2F.Inference.Compute;

/// <summary>
/// Parses a <c>Compute-Budget</c> header, or a command line's <c>--budget</c>: an RFC 9651 dictionary. Strict: unknown keys and parameters are
/// refused. <see cref="ModelBudget"/> checks what depends on the model (profiles, exits, a utility gate).
/// </summary>
public static class ComputeBudgetParser
{
    /// <summary>The longest <c>deadline-ms</c>.</summary>
    public const int MaxDeadlineMilliseconds = 600_000;

    private const string Profile = "profile";
    private const string Beta = "beta";
    private const string Depth = "depth";
    private const string MinDepth = "min-depth";
    private const string MaxDepth = "max-depth";
    private const string DecoderDepth = "decoder-depth";
    private const string Size = "size";
    private const string MinSize = "min-size";
    private const string MaxSize = "max-size";
    private const string MaxGmacs = "max-gmacs";
    private const string DeadlineMs = "deadline-ms";

    /// <summary>Every key and its allowed values, worded for error messages.</summary>
    public static IReadOnlyDictionary<string, string> Allowed { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [Profile] = "a token, the name of one of the model's profiles",
        [Beta] = $"an integer or decimal from {ComputeBudget.MinBeta} to {ComputeBudget.MaxBeta}, PQ points per layer, with at most three digits after the point",
        [Depth] = "an integer, one of the model's exits",
        [MinDepth] = "an integer, one of the model's exits, not above max-depth",
        [MaxDepth] = "an integer, one of the model's exits, not below min-depth",
        [DecoderDepth] = "an integer, one of the model's decoder exits",
        [Size] = "an integer, the shortest edge of one of the model's sizes",
        [MinSize] = "an integer, the shortest edge of one of the model's sizes, not above max-size",
        [MaxSize] = "an integer, the shortest edge of one of the model's sizes, not below min-size",
        [MaxGmacs] = "an integer or decimal greater than 0",
        [DeadlineMs] = "an integer from 1 to 600000",
    };

    /// <summary>The allowed header, for the error about an unknown key.</summary>
    public static string AllowedKeys { get; } = $"an RFC 9651 dictionary of {string.Join(", ", Allowed.Keys)}";

    /// <summary>Several header lines are one dictionary (RFC 9110, section 5.3).</summary>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadBudget"/>.</exception>
    public static ComputeBudget Parse(IEnumerable<string?> headerLines) => Parse(string.Join(", ", headerLines));

    /// <param name="text">Empty: no constraint.</param>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadBudget"/>, naming the key and what is allowed.</exception>
    public static ComputeBudget Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var budget = ComputeBudget.None;
        foreach (var member in ReadDictionary(text))
        {
            budget = With(budget, member);
            if (!seen.Add(member.Key))
            {
                throw Bad(member.Key, $"Compute-Budget has the key {member.Key} more than once.");
            }
        }

        CheckConflicts(budget, seen);
        return budget;
    }

    private static IReadOnlyList<DictionaryMember> ReadDictionary(string text)
    {
        try
        {
            return DictionaryParser.Parse(text);
        }
        catch (StructuredFieldException exception)
        {
            throw new SegmentationException(
                SegmentationError.BadBudget,
                $"Compute-Budget is not an RFC 9651 dictionary: {exception.Message}. Write key=value, key=value.",
                "Compute-Budget",
                exception);
        }
    }

    private static ComputeBudget With(ComputeBudget budget, DictionaryMember member) => member.Key switch
    {
        Profile => budget with { Profile = Item(member, ItemType.Token).Text },
        Beta => budget with { Beta = (double)Number(member, static value => value is >= ComputeBudget.MinBeta and <= ComputeBudget.MaxBeta) },
        Depth => budget with { Depth = Exit(member) },
        MinDepth => budget with { MinDepth = Exit(member) },
        MaxDepth => budget with { MaxDepth = Exit(member) },
        DecoderDepth => budget with { DecoderDepth = Exit(member) },
        Size => budget with { Size = Edge(member) },
        MinSize => budget with { MinSize = Edge(member) },
        MaxSize => budget with { MaxSize = Edge(member) },
        MaxGmacs => budget with { MaxGmacs = (double)Number(member, static value => value > 0) },
        DeadlineMs => budget with { Deadline = TimeSpan.FromMilliseconds(Integer(member, MaxDeadlineMilliseconds)) },
        _ => throw Bad(member.Key, $"Compute-Budget has no key {Shorten(member.Key)}. Its keys are {string.Join(", ", Allowed.Keys)}."),
    };

    // The model's exits are not known here, so any positive number is accepted.
    private static int Exit(DictionaryMember member) => Integer(member, int.MaxValue);

    // Nor are its sizes.
    private static int Edge(DictionaryMember member) => Integer(member, int.MaxValue);

    private static int Integer(DictionaryMember member, int max)
    {
        var value = Item(member, ItemType.Integer).Number;
        return value >= 1 && value <= max ? (int)value : throw OutOfRange(member, value);
    }

    private static decimal Number(DictionaryMember member, Func<decimal, bool> isAllowed)
    {
        var value = Item(member, ItemType.Integer, ItemType.Decimal).Number;
        return isAllowed(value) ? value : throw OutOfRange(member, value);
    }

    private static BareItem Item(DictionaryMember member, params ReadOnlySpan<ItemType> types)
    {
        if (member.HasParameters)
        {
            throw Bad(member.Key, $"{member.Key} takes no parameters: it must be {Allowed[member.Key]}.");
        }

        var item = member.Value
            ?? throw Bad(member.Key, $"{member.Key} cannot be a list: it must be {Allowed[member.Key]}.");
        return types.Contains(item.Type)
            ? item
            : throw Bad(member.Key, $"{member.Key} is {item.TypeName}: it must be {Allowed[member.Key]}.");
    }

    private static void CheckConflicts(ComputeBudget budget, HashSet<string> keys)
    {
        if (budget.Depth is not null)
        {
            var other = keys.FirstOrDefault(static key => key is not (Depth or Size or DecoderDepth or DeadlineMs));
            if (other is not null)
            {
                throw Bad(Depth, $"depth cannot be combined with {other}: the only keys allowed beside it are size, decoder-depth and deadline-ms.");
            }
        }

        if (budget is { Beta: not null, Profile: not null })
        {
            throw Bad(Beta, "beta cannot be combined with profile: give one of them.");
        }

        if (budget.MinDepth > budget.MaxDepth)
        {
            throw Bad(MinDepth, $"min-depth {budget.MinDepth} is above max-depth {budget.MaxDepth}.");
        }

        CheckSizes(budget);
    }

    private static void CheckSizes(ComputeBudget budget)
    {
        if (budget.Size is not null && (budget.MinSize is not null || budget.MaxSize is not null))
        {
            throw Bad(Size, $"size cannot be combined with {(budget.MinSize is null ? MaxSize : MinSize)}: give one of them.");
        }

        if (budget.MinSize > budget.MaxSize)
        {
            throw Bad(MinSize, $"min-size {budget.MinSize} is above max-size {budget.MaxSize}.");
        }
    }

    private static SegmentationException OutOfRange(DictionaryMember member, decimal value) =>
        Bad(member.Key, FormattableString.Invariant($"{member.Key} is {value}: it must be {Allowed[member.Key]}."));

    private static SegmentationException Bad(string key, string detail) =>
        new(SegmentationError.BadBudget, detail, Shorten(key));

    /// <summary>What a client sent, for a message: an overlong text would be repeated in the answer and the log.</summary>
    internal static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
