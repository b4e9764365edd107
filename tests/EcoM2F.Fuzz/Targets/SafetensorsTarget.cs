using System.Text;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Fuzz.Targets;

/// <summary>Headers of safetensors files.</summary>
internal static class SafetensorsTarget
{
    public const string Name = "safetensors";

    public static FuzzTarget Create() => new(
        Name,
        [Start("""{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}}""", 10), Start("""{"__metadata__":{"format":"pt"}}""", 0)],
        [.. ((string[])["\"dtype\":\"I64\"", "\"shape\":[0]", "\"data_offsets\":[0,0]", "__metadata__", "{", "}", "[", "]", ",", "\"\\ud800\"", "\"\\u0000\""]).Select(Encoding.UTF8.GetBytes)],
        static input => SafetensorsHeader.Read(new MemoryStream(input), "input"),
        static exception => exception is SafetensorsException);

    private static byte[] Start(string header, int data) =>
        [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[data]];
}
