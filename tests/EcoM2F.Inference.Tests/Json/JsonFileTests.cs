using System.Text;
using System.Text.Json;
using EcoM2F.Inference.Json;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Json;

public sealed class JsonFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-json-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("{}")]
    [InlineData("\uFEFF{}")]
    [InlineData("")]
    [InlineData("\uFEFF")]
    public void Read_WithAndWithoutMark_GivesTheText(string text)
    {
        var path = Write(Encoding.UTF8.GetBytes(text));
        var expected = Encoding.UTF8.GetBytes(text.TrimStart('\uFEFF'));
        using var stream = JsonFile.OpenRead(path);
        using var rest = new MemoryStream();
        stream.CopyTo(rest);
        Assert.Equal(expected, JsonFile.ReadBytes(path));
        Assert.Equal(expected, rest.ToArray());
    }

    [Fact]
    public void Read_Utf16_SaysSo()
    {
        var path = Write([.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("{}")]);
        Assert.Contains("UTF-8", Assert.Throws<JsonException>(() => JsonFile.ReadBytes(path)).Message, StringComparison.Ordinal);
        Assert.Contains("UTF-8", Assert.Throws<JsonException>(() => JsonFile.OpenRead(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ManifestWithMarkAndFloats_IsRead()
    {
        var json = TestManifest.Create().ToJson().Replace("\"schema\": 1,", "\"schema\": 1.0,", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, ModelManifest.FileName), json, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        // Reading succeeded: what is missing are the files.
        var exception = Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder));
        Assert.Contains("does not exist", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"schema\": 1,", "\"schema\": 1.5,", "$.schema", "whole number")]
    [InlineData("\"schema\": 1,", "", "'schema'", "missing")]
    [InlineData("\"version\": \"1\"", "\"version\": 1", "$.version", "text")]
    [InlineData("\"tasks\": [", "\"tasks\": 3, \"was\": [", "$.tasks", "list")]
    [InlineData("\"gates\": {", "\"gates\": 3, \"was\": {", "$.gates", "object")]
    public void Open_WrongManifest_NamesFieldAndKindButNoTypeOfOurs(string right, string wrong, string field, string kind)
    {
        var json = TestManifest.Create().ToJson();
        Assert.Contains(right, json, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, ModelManifest.FileName), json.Replace(right, wrong, StringComparison.Ordinal));
        var message = Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message;
        Assert.Contains(field, message, StringComparison.Ordinal);
        Assert.Contains(kind, message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", message, StringComparison.Ordinal);
        Assert.DoesNotContain("EcoM2F.Inference", message, StringComparison.Ordinal);
    }

    private string Write(byte[] bytes)
    {
        var path = Path.Combine(_folder, "some.json");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
