namespace EcoM2F.Compiler.Tests.Safetensors;

/// <summary>Damage as disks, networks and attackers do it, the same for the same seed.</summary>
internal static class Mutation
{
    private static readonly byte[] Telling = [0, 1, 0x7F, 0x80, 0xFF, (byte)'"', (byte)'{', (byte)'}', (byte)'[', (byte)']', (byte)'-', (byte)'9', (byte)'e', (byte)'\\', (byte)',', (byte)':'];

    /// <param name="original">Left as it is.</param>
    /// <param name="seed">Which damage.</param>
    /// <param name="focus">Most of it falls into so many bytes at the start.</param>
    public static byte[] Of(ReadOnlySpan<byte> original, int seed, int focus)
    {
        var random = new Random(seed);
        var bytes = new List<byte>(original.ToArray());
        for (var times = random.Next(1, 4); times > 0 && bytes.Count > 0; times--)
        {
            var place = random.Next(random.Next(8) == 0 ? bytes.Count : Math.Min(focus, bytes.Count));
            switch (random.Next(6))
            {
                case 0:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[place] = Telling[random.Next(Telling.Length)];
                    break;
                case 2:
                    bytes.RemoveRange(place, Math.Min(random.Next(1, 9), bytes.Count - place));
                    break;
                case 3:
                    bytes.InsertRange(place, Enumerable.Range(0, random.Next(1, 9)).Select(_ => Telling[random.Next(Telling.Length)]));
                    break;
                case 4:
                    bytes.InsertRange(place, bytes.GetRange(place, Math.Min(random.Next(1, 65), bytes.Count - place)).ToArray());
                    break;
                default:
                    bytes.RemoveRange(place, bytes.Count - place);
                    break;
            }
        }

        return [.. bytes];
    }
}
