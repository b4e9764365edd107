using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EcoM2F.Recipe.Datasets;

/// <summary>JSON from a user's file, with errors that say where.</summary>
internal static class JsonFile
{
    /// <param name="what">What the file is, for the message where there is none.</param>
    /// <exception cref="RecipeException">Not there, not JSON, or a value of the wrong kind.</exception>
    public static T Read<T>(string file, string what, JsonTypeInfo<T> type)
    {
        if (!File.Exists(file))
        {
            throw new RecipeException($"There is no file {file} ({what}).");
        }

        try
        {
            using var stream = File.OpenRead(file);
            return JsonSerializer.Deserialize(stream, type) ?? throw new RecipeException($"{file} ({what}) holds null.");
        }
        catch (JsonException exception)
        {
            // The library repeats place and line in its sentence.
            var reason = exception.Message.Split(" Path: ")[0].Split(" LineNumber: ")[0];
            throw new RecipeException($"{file}, line {(exception.LineNumber ?? 0) + 1}: {exception.Path ?? "$"}: {reason}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException($"{file} ({what}) cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>The first character that is no space: a list and an object are told apart by it.</summary>
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
