namespace EcoM2F.Inference.Imaging;

/// <summary>A scan of a sequential JPEG, read for its length only.</summary>
/// <param name="Blocks">Of each unit, in their order.</param>
/// <param name="Units">How many make the image.</param>
/// <param name="RestartInterval">Units between restart markers; 0 where there are none.</param>
internal sealed record JpegScan(IReadOnlyList<JpegBlock> Blocks, long Units, int RestartInterval)
{
    private const int Coefficients = 64;

    /// <summary>Whether the data hold every block of the image, down to the last bit.</summary>
    public bool IsWhole(ReadOnlySpan<byte> data)
    {
        var bits = new JpegBits(data);
        for (long unit = 0; unit < Units; unit++)
        {
            if (RestartInterval > 0 && unit > 0 && unit % RestartInterval == 0 && !bits.TryRestart())
            {
                return false;
            }

            for (var block = 0; block < Blocks.Count; block++)
            {
                if (!SkipBlock(ref bits, Blocks[block]))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>A block is the length of its first coefficient and the coefficient; then runs of zeros, each with a length and a coefficient.</summary>
    private static bool SkipBlock(ref JpegBits bits, JpegBlock block)
    {
        const int LongRun = 0xF0; // sixteen zeros and no coefficient
        var first = block.Dc.Decode(ref bits);
        if (first is < 0 or > 16 || bits.Read(first) < 0)
        {
            return false;
        }

        for (var coefficient = 1; coefficient < Coefficients; coefficient++)
        {
            var symbol = block.Ac.Decode(ref bits);
            if (symbol < 0)
            {
                return false;
            }

            var (run, length) = (symbol >> 4, symbol & 0xF);
            if (length == 0 && symbol != LongRun)
            {
                return true; // end of block
            }

            coefficient += run;
            if (bits.Read(length) < 0)
            {
                return false;
            }
        }

        return true;
    }
}
