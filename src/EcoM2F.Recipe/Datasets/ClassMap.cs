using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>From a set's category ids to class indexes.</summary>
internal sealed class ClassMap
{
    /// <summary>Instead of a class index: the category is void.</summary>
    public const int Void = -1;

    private readonly Dictionary<int, int> _classOf = [];

    /// <summary>Names of categories that no class goes with, by id.</summary>
    private readonly SortedDictionary<int, string> _unknown = [];

    private LabelMapping? _mapping;

    private ClassMap(IReadOnlyList<ModelClass> classes) => Classes = classes;

    /// <summary>By class index.</summary>
    public IReadOnlyList<ModelClass> Classes { get; }

    /// <summary>Every category is a class of its own, in the order of the list; things where the list does not say.</summary>
    public static ClassMap OfItself(IReadOnlyList<CocoCategory?>? categories, string file)
    {
        var read = Read(categories, file);
        var map = new ClassMap([.. read.Select(static (category, index) => new ModelClass(category.Id, category.Name, category.IsThing, "#000000"))]);
        for (var i = 0; i < read.Count; i++)
        {
            map._classOf.Add(read[i].Id, i);
        }

        return map;
    }

    /// <summary>
    /// By name, through the mapping where there is one; classes that share a name are told apart by <see cref="Pair"/>. What no annotation
    /// uses may be unknown, such as the root category that Roboflow writes.
    /// </summary>
    /// <exception cref="RecipeException">Used categories have no counterpart (all are named), or those of one name could be told apart in several ways.</exception>
    public static ClassMap Between(ListedCategories listed, IReadOnlyList<ModelClass> classes, LabelMapping? mapping)
    {
        var indexesOf = classes.Select(static (item, index) => (item.Name, Index: index)).ToLookup(static item => item.Name, static item => item.Index);
        var map = new ClassMap(classes) { _mapping = mapping };
        var idsOf = new SortedDictionary<string, List<int>>(StringComparer.Ordinal);
        foreach (var (id, name, _) in Read(listed.Categories, listed.File))
        {
            string? target = name;
            if ((mapping is not null && !mapping.Names.TryGetValue(name, out target)) || (target is not null && !indexesOf.Contains(target)))
            {
                map._unknown.Add(id, name);
            }
            else if (target is null)
            {
                map._classOf.Add(id, Void);
            }
            else
            {
                (idsOf.TryGetValue(target, out var ids) ? ids : idsOf[target] = []).Add(id);
            }
        }

        if (map._unknown.Where(item => listed.Used?.Contains(item.Key) == true).Select(static item => item.Value).ToList() is { Count: > 0 } unknown)
        {
            throw new RecipeException($"{listed.File}: categories {map.NotKnown}: {string.Join(", ", unknown)}. {map.Remedy}.");
        }

        foreach (var (name, ids) in idsOf)
        {
            map.Pair(listed, name, ids, [.. indexesOf[name]]);
        }

        return map;
    }

    /// <summary>
    /// The categories of one name and the classes of that name: to the one class where there is one; else to the class with the category's
    /// own id; where ids differ, in their order if there are as many and no mapping brought them together.
    /// </summary>
    private void Pair(ListedCategories listed, string name, List<int> ids, int[] indexes)
    {
        ids.Sort();
        if (WhyAmbiguous(name, ids, indexes) is { } reason)
        {
            ids = [.. ids.Where(id => listed.Used?.Contains(id) != false)];
            if (WhyAmbiguous(name, ids, indexes) is not null)
            {
                throw new RecipeException($"{listed.File}: {reason}.");
            }
        }

        var sameIds = !ids.Except(indexes).Any();
        for (var i = 0; i < ids.Count; i++)
        {
            _classOf.Add(ids[i], indexes.Length == 1 ? indexes[0] : sameIds ? ids[i] : indexes[i]);
        }
    }

    /// <summary>Several categories may become one class only where a mapping says so.</summary>
    private string? WhyAmbiguous(string name, List<int> ids, int[] indexes)
    {
        var (single, sameIds, merge) = (indexes.Length == 1, !ids.Except(indexes).Any(), _mapping is not null);
        if (single && !merge && ids.Count > 1)
        {
            return $"the categories {string.Join(", ", ids)} are all called '{name}', and the model has one class of that name; give them names of their own, or say with 'labels' and 'mapping' of the data set that they are one";
        }

        return !single && !sameIds && (merge || ids.Count != indexes.Length)
            ? $"the categories {string.Join(", ", ids)} become '{name}', as the model's classes {string.Join(" and ", indexes)} are called; they can be matched only if their ids are the same, or, without a mapping, if there are as many categories as classes"
            : null;
    }

    private string NotKnown => _mapping is null ? "that the model does not know" : $"that mapping '{_mapping.Name}' of {_mapping.File} does not have";

    private string Remedy => _mapping is null
        ? $"It knows {string.Join(", ", Classes.Select(static item => item.Name))}; 'labels' and 'mapping' of the data set can say what others become (null is void)"
        : "Every category that is used needs a class there, or null for void";

    /// <summary>Why a label that is in use has no class: for messages.</summary>
    public string WhyUnknown(int categoryId) => _unknown.TryGetValue(categoryId, out var name)
        ? $"that is category '{name}', {NotKnown}. {Remedy}"
        : $"no entry of 'categories' has that id; allowed are {Ids()}, and {LabelMap.Ignore} for void";

    /// <exception cref="RecipeException">There is no such category; the message names the entry.</exception>
    public int Of(int? categoryId, Entry entry)
    {
        var id = entry.Require(categoryId, "category_id");
        return _classOf.TryGetValue(id, out var index) ? index : throw entry.Error($"'category_id' is {id}, which no entry of 'categories' has; allowed are {Ids()}");
    }

    /// <summary>Instances are things: a model gives no others.</summary>
    /// <exception cref="RecipeException">A category becomes stuff.</exception>
    /// <param name="used">Ids of categories that annotations have.</param>
    public void RequireThings(string file, IReadOnlySet<int> used)
    {
        var stuff = _classOf.Where(item => used.Contains(item.Key) && item.Value != Void && !Classes[item.Value].Isthing).Select(item => $"{item.Key} ({Classes[item.Value].Name})").ToList();
        if (stuff.Count > 0)
        {
            throw new RecipeException($"{file}: categories that become stuff: {string.Join(", ", stuff)}; objects must have thing classes, or be void (null in the mapping).");
        }
    }

    /// <summary>Class index by category id, as label maps need it.</summary>
    public IReadOnlyDictionary<int, int> ById => _classOf;

    private string Ids() => _classOf.Count <= 20 ? string.Join(", ", _classOf.Keys.Order()) : $"{_classOf.Count} ids from {_classOf.Keys.Min()} to {_classOf.Keys.Max()}";

    private static List<(int Id, string Name, bool IsThing)> Read(IReadOnlyList<CocoCategory?>? categories, string file)
    {
        var list = new Entry(file, "").Require(categories, "categories");
        var read = new List<(int Id, string Name, bool IsThing)>();
        var ids = new HashSet<int>();
        for (var i = 0; i < list.Count; i++)
        {
            var entry = new Entry(file, $"categories[{i}]");
            var category = entry.Require(list[i], "id");
            var (id, name) = (entry.Require(category.Id, "id"), entry.Require(category.Name, "name"));
            if (!ids.Add(id))
            {
                throw entry.Error($"id {id} occurs twice");
            }

            read.Add((id, name, category.Isthing ?? true));
        }

        return read.Count > 0 ? read : throw new RecipeException($"{file}: 'categories' is empty.");
    }
}
