using System.Text.RegularExpressions;

namespace EcoM2F.Recipe.Gates;

/// <summary>
/// Which photographs show one scene, by their names: the pattern's first group, or all that it matches where it has none. A name that does not
/// match is a scene of its own. Photographs of one scene are never on both sides of a split: a gate would be asked about what it has seen.
/// </summary>
public sealed partial class SceneRule
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Regex _pattern;

    private SceneRule(Regex pattern) => _pattern = pattern;

    /// <summary>Names that differ in one digit at the end, after a low line: <c>house_0.jpg</c> and <c>house_1.jpg</c>.</summary>
    public static SceneRule Default { get; } = new(Numbered());

    /// <exception cref="RecipeException">It is no regular expression.</exception>
    public static SceneRule Parse(string pattern)
    {
        try
        {
            return new SceneRule(new Regex(pattern, RegexOptions.CultureInvariant, Patience));
        }
        catch (ArgumentException exception)
        {
            throw new RecipeException($"--scene is '{pattern}', which is no regular expression: {exception.Message}", exception);
        }
    }

    /// <exception cref="RecipeException">The pattern takes too long.</exception>
    public string Of(string image)
    {
        try
        {
            var match = _pattern.Match(image);
            return !match.Success ? image : match.Groups.Count > 1 ? match.Groups[1].Value : match.Value;
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw new RecipeException($"--scene takes too long on '{image}'; give a simpler pattern.", exception);
        }
    }

    [GeneratedRegex(@"^(.+)_[0-9](\.[^.]+)?$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Numbered();
}
