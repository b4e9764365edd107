using System.Buffers.Binary;

namespace EcoM2F.Fuzz;

/// <summary>Makes an input out of a target's corpus: one of it, changed in a few places. All chance comes from the one generator.</summary>
internal sealed class Mutator(FuzzTarget target, Random random)
{
    private const int MostChanges = 6;
    private const int LongestInput = 1 << 20;
    private const int LongestPiece = 64;

    /// <summary>Where integers and lengths turn over.</summary>
    private static readonly long[] Edges = [0, 1, -1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    private static readonly string[] Numbers = ["0", "-1", "1e400", "-0.0", "2147483648", "-9223372036854775809", "0.1", "NaN", "1e9", "99999999999999999999", "null", "\"\"", "[]", "{}"];

    public byte[] Next()
    {
        var input = Pick(target.Corpus).ToList();
        for (var changes = random.Next(MostChanges + 1); changes > 0; changes--)
        {
            Change(input);
        }

        return [.. input.Take(LongestInput)];
    }

    private void Change(List<byte> input)
    {
        var at = random.Next(input.Count + 1);
        var length = Math.Min(random.Next(1, LongestPiece + 1), input.Count - at);
        switch (random.Next(10))
        {
            case 0 when length > 0:
                input[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when length > 0:
                input[at] = (byte)random.Next(256);
                break;
            case 2:
                input.RemoveRange(at, length);
                break;
            case 3:
                input.InsertRange(random.Next(input.Count + 1), input.GetRange(at, length));
                break;
            case 4:
                input.RemoveRange(at, random.Next(4) == 0 ? input.Count - at : 0);
                break;
            case 5:
                Overwrite(input, at, Edge());
                break;
            case 6:
                input.InsertRange(at, Pick(target.Tokens));
                break;
            case 7:
                ReplaceNumber(input, at);
                break;
            case 8:
                Splice(input, at);
                break;
            default:
                input.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), random.Next(1, 1 << random.Next(12))));
                break;
        }
    }

    /// <summary>The first number in ASCII from here on.</summary>
    private void ReplaceNumber(List<byte> input, int at)
    {
        var start = input.FindIndex(at, static one => one is >= (byte)'0' and <= (byte)'9');
        if (start >= 0)
        {
            var end = input.FindIndex(start, static one => one is not (>= (byte)'0' and <= (byte)'9'));
            input.RemoveRange(start, (end < 0 ? input.Count : end) - start);
            input.InsertRange(start, System.Text.Encoding.ASCII.GetBytes(Numbers[random.Next(Numbers.Length)]));
        }
    }

    private void Splice(List<byte> input, int at)
    {
        var other = Pick(target.Corpus);
        var from = random.Next(other.Length + 1);
        input.RemoveRange(at, input.Count - at);
        input.AddRange(other.AsSpan(from));
    }

    private byte[] Edge()
    {
        var value = Edges[random.Next(Edges.Length)];
        var bytes = new byte[8];
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            return bytes[..(1 << random.Next(4))];
        }

        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes[^(1 << random.Next(4))..];
    }

    private static void Overwrite(List<byte> input, int at, byte[] bytes)
    {
        for (var i = 0; i < bytes.Length && at + i < input.Count; i++)
        {
            input[at + i] = bytes[i];
        }
    }

    private byte[] Pick(IReadOnlyList<byte[]> list) => list[random.Next(list.Count)];
}
