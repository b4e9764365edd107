using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EcoM2F.Inference.Json;

namespace EcoM2F.Recipe.Datasets;

/// <summary>A user's JSON file, with errors that say where.</summary>
internal static class InputFile
{
    /// <param name="what">What the file is, for the message where it does not exist.</param>
    /// <exception cref="RecipeException">The file does not exist or is not JSON, or a value is of the wrong kind.</exception>
    public static T ReadJson<T>(string file, string what, JsonTypeInfo<T> type)
    {
        if (!File.Exists(file))
        {
            throw new RecipeException($"There is no file {file} ({what}).");
        }

        try
        {
            using var stream = JsonFile.OpenRead(file);
            return JsonSerializer.Deserialize(stream, type) ?? throw new RecipeException($"{file} ({what}) holds null.");
        }
        catch (JsonException exception)
        {
            throw new RecipeException($"{file}: {JsonProblem.Of(exception)}.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException($"{file} ({what}) cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>The first character that is not white space: it tells a list from an object.</summary>
    public static char FirstCharacter(string file)
    {
        using var reader = File.OpenText(file);
        int next;
        do
        {
            next = reader.Read();
        }
        while (next >= 0 && char.IsWhiteSpace((char)next));

        return next < 0 ? '\0' : (char)next;
    }
}
