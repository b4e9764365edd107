using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Datasets;

/// <summary>From a set's category ids to class indexes.</summary>
internal sealed class ClassMap
{
    /// <summary>Instead of a class index: the category is void.</summary>
    public const int Void = -1;

    private readonly Dictionary<int, int> _classOf = [];

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

    /// <summary>By name, through the mapping where there is one; classes that share a name are told apart by <see cref="Pair"/>.</summary>
    /// <exception cref="RecipeException">A category has no counterpart, or could have several; every one is named.</exception>
    public static ClassMap Between(IReadOnlyList<CocoCategory?>? categories, string file, IReadOnlyList<ModelClass> classes, LabelMapping? mapping)
    {
        var indexesOf = classes.Select(static (item, index) => (item.Name, Index: index)).ToLookup(static item => item.Name, static item => item.Index);
        var map = new ClassMap(classes);
        var unknown = new List<string>();
        var idsOf = new SortedDictionary<string, List<int>>(StringComparer.Ordinal);
        foreach (var (id, name, _) in Read(categories, file))
        {
            string? target = name;
            if (mapping is not null && !mapping.Names.TryGetValue(name, out target))
            {
                unknown.Add(name);
            }
            else if (target is null)
            {
                map._classOf.Add(id, Void);
            }
            else if (!indexesOf.Contains(target))
            {
                unknown.Add(name);
            }
            else
            {
                (idsOf.TryGetValue(target, out var ids) ? ids : idsOf[target] = []).Add(id);
            }
        }

        if (unknown.Count > 0)
        {
            throw new RecipeException(mapping is null
                ? $"{file}: categories that the model does not know: {string.Join(", ", unknown)}. It knows {string.Join(", ", classes.Select(static item => item.Name))}; 'labels' and 'mapping' of the data set can say what others become (null is void)."
                : $"{file}: categories that mapping '{mapping.Name}' of {mapping.File} does not have: {string.Join(", ", unknown)}; every category needs a class there, or null for void.");
        }

        foreach (var (name, ids) in idsOf)
        {
            map.Pair(name, ids, [.. indexesOf[name]], merge: mapping is not null, file);
        }

        return map;
    }

    /// <summary>
    /// The categories of one name and the classes of that name: to the one class where there is one; else to the class with the category's
    /// own id; where ids differ, in their order if there are as many and no mapping brought them together.
    /// </summary>
    /// <param name="merge">Whether several categories may become one class: a mapping says so.</param>
    private void Pair(string name, List<int> ids, int[] indexes, bool merge, string file)
    {
        ids.Sort();
        var (single, sameIds) = (indexes.Length == 1, !ids.Except(indexes).Any());
        if (single ? !merge && ids.Count > 1 : !sameIds && (merge || ids.Count != indexes.Length))
        {
            throw new RecipeException($"{file}: the categories {string.Join(", ", ids)} become '{name}', as the model's {string.Join(" and ", indexes)} {(single ? "is" : "are")} called; which of them is which is only known where the ids are the same, or where without a mapping there are as many.");
        }

        for (var i = 0; i < ids.Count; i++)
        {
            _classOf.Add(ids[i], single ? indexes[0] : sameIds ? ids[i] : indexes[i]);
        }
    }

    /// <exception cref="RecipeException">There is no such category; the message names the entry.</exception>
    public int Of(int? categoryId, Entry entry)
    {
        var id = entry.Has(categoryId, "category_id");
        return _classOf.TryGetValue(id, out var index) ? index : throw entry.Wrong($"'category_id' is {id}, which no entry of 'categories' has; there are {Ids()}");
    }

    /// <summary>Instances are things: a model gives no others.</summary>
    /// <exception cref="RecipeException">A category becomes stuff.</exception>
    public void RequireThings(string file)
    {
        var stuff = _classOf.Where(item => item.Value != Void && !Classes[item.Value].Isthing).Select(item => $"{item.Key} ({Classes[item.Value].Name})").ToList();
        if (stuff.Count > 0)
        {
            throw new RecipeException($"{file}: categories that become stuff: {string.Join(", ", stuff)}; objects are of thing classes, or void (null in the mapping).");
        }
    }

    /// <summary>Class index by category id, as label maps need it.</summary>
    public IReadOnlyDictionary<int, int> ById => _classOf;

    private string Ids() => _classOf.Count <= 20 ? string.Join(", ", _classOf.Keys.Order()) : $"{_classOf.Count} from {_classOf.Keys.Min()} to {_classOf.Keys.Max()}";

    private static List<(int Id, string Name, bool IsThing)> Read(IReadOnlyList<CocoCategory?>? categories, string file)
    {
        var list = new Entry(file, "").Has(categories, "categories");
        var read = new List<(int Id, string Name, bool IsThing)>();
        var ids = new HashSet<int>();
        for (var i = 0; i < list.Count; i++)
        {
            var entry = new Entry(file, $"categories[{i}]");
            var category = entry.Has(list[i], "id");
            var (id, name) = (entry.Has(category.Id, "id"), entry.Has(category.Name, "name"));
            if (!ids.Add(id))
            {
                throw entry.Wrong($"id {id} is there twice");
            }

            read.Add((id, name, category.Isthing ?? true));
        }

        return read.Count > 0 ? read : throw new RecipeException($"{file}: 'categories' is empty.");
    }
}
