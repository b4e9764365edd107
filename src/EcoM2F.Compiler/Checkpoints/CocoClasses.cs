using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Checkpoints;

/// <summary>
/// COCO's class lists, which published checkpoints name in <c>id2label</c> and in which things come before stuff: 80 things
/// for instances, and with 53 kinds of stuff for panoptic segmentation.
/// </summary>
internal static class CocoClasses
{
    private static readonly string[] Things =
    [
        "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light", "fire hydrant",
        "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe",
        "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat",
        "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl",
        "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
        "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven",
        "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
    ];

    private static readonly string[] Stuff =
    [
        "banner", "blanket", "bridge", "cardboard", "counter", "curtain", "door-stuff", "floor-wood", "flower", "fruit", "gravel",
        "house", "light", "mirror-stuff", "net", "pillow", "platform", "playingfield", "railroad", "river", "road", "roof", "sand", "sea",
        "shelf", "snow", "stairs", "tent", "towel", "wall-brick", "wall-stone", "wall-tile", "wall-wood", "water-other", "window-blind",
        "window-other", "tree-merged", "fence-merged", "ceiling-merged", "sky-other-merged", "cabinet-merged", "table-merged",
        "floor-other-merged", "pavement-merged", "mountain-merged", "grass-merged", "dirt-merged", "paper-merged", "food-other-merged",
        "building-other-merged", "rock-merged", "wall-other-merged", "rug-merged",
    ];

    private static readonly HashSet<string> ThingNames = new(Things, StringComparer.Ordinal);

    private static readonly HashSet<string> PanopticNames = new(Things.Concat(Stuff), StringComparer.Ordinal);

    /// <summary>Names by label index.</summary>
    public static IReadOnlyList<string> Panoptic { get; } = [.. Things, .. Stuff];

    /// <summary>The classes of these labels, in their order.</summary>
    /// <returns>Null where the labels are neither of the two lists.</returns>
    public static IReadOnlyList<ModelClass>? Match(IReadOnlyList<string> labels) =>
        Same(ThingNames, labels) || Same(PanopticNames, labels)
            ? [.. ClassList.FromLabels(labels).Select(c => c with { Isthing = ThingNames.Contains(c.Name) })]
            : null;

    private static bool Same(HashSet<string> names, IReadOnlyList<string> labels) => labels.Count == names.Count && names.SetEquals(labels);
}
