namespace EcoM2F.Fuzz;

/// <summary>
/// Reads one mutated input after the other. What an iteration reads depends on target, seed and its number alone, so that any can
/// be repeated. Not thread-safe: memory is counted over the whole process.
/// </summary>
internal sealed class FuzzRun(FuzzTarget target, int seed)
{
    /// <summary>For an input of at most 1 MiB, on a machine that does much else.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Bytes that one input may allocate. Far more than any of them needs: an image of a target is small.</summary>
    private const long MostAllocated = 512L << 20;

    /// <returns>Null where the reader copes: it reads the input, or refuses it with a documented exception.</returns>
    public Finding? Repeat(long iteration)
    {
        var input = new Mutator(target, new Random(HashCode(iteration))).Next();
        var before = GC.GetTotalAllocatedBytes();
        var reason = Read(input);
        var allocated = GC.GetTotalAllocatedBytes() - before;
        reason ??= allocated > MostAllocated ? FormattableString.Invariant($"Allocated {allocated} bytes; at most {MostAllocated} are expected.") : null;
        return reason is null ? null : new Finding(target.Name, seed, iteration, reason, input);
    }

    // Not System.HashCode, which differs from process to process.
    private int HashCode(long iteration) => unchecked((int)(((((ulong)seed * 0x9E3779B97F4A7C15UL) + (ulong)iteration) * 0xBF58476D1CE4E5B9UL) >> 32));

    /// <summary>On a thread of its own: one that does not end cannot be stopped, only left behind.</summary>
    private string? Read(byte[] input)
    {
        string? reason = null;
        var thread = new Thread(() => reason = Undocumented(input)) { IsBackground = true };
        thread.Start();
        return thread.Join(Patience) ? reason : FormattableString.Invariant($"Not read within {Patience.TotalSeconds} s.");
    }

    private string? Undocumented(byte[] input)
    {
        try
        {
            target.Read(input);
            return null;
        }
        catch (Exception exception)
        {
            return target.IsDocumented(exception) ? null : exception.ToString();
        }
    }
}
