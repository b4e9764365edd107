using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;

namespace EcoM2F.Inference.Tests.Postprocessing;

/// <summary>Results put together by hand.</summary>
internal static class TestResults
{
    public static IReadOnlyList<ModelClass> Classes { get; } =
    [
        new(0, "person & dog", true, "#dc143c"),
        new(1, "sky", false, "#4682b4"),
        new(2, "ground", false, "#6b8e23"),
    ];

    public static SegmentationResult Create(int width, int height, byte[] pixels) => new()
    {
        Model = new ModelManifest
        {
            Schema = 1,
            Name = "test",
            Version = "1",
            Tasks = ["panoptic"],
            Classes = Classes,
            Preprocessing = new PreprocessingSettings { Mean = [0, 0, 0], Std = [1, 1, 1] },
            Postprocessing = new PostprocessingSettings("meta", 0.5f, 0.5f, 0.8f),
            Exits = [1],
            Graphs = [],
            Costs = [],
            Sha256 = new Dictionary<string, string>(),
        },
        Width = width,
        Height = height,
        Compute = new ComputeUsed(new ComputeDecision(new ComputePoint(32, new InputSize(32, 32), 1), ComputeReason.Default), 1, 1, 1, new StageTimes()),
        Pixels = pixels,
    };

    /// <summary>Two discs before sky and ground.</summary>
    public static PanopticSegmentation Panoptic(int width, int height)
    {
        var ids = new int[width * height];
        for (var i = 0; i < ids.Length; i++)
        {
            double x = (double)(i % width) / width, y = (double)(i / width) / height;
            ids[i] = Disc(x, y, 0.3, 0.6) ? 1 : Disc(x, y, 0.65, 0.55) ? 2 : y < 0.4 ? 3 : y > 0.95 ? 0 : 4;
        }

        using var map = new RunMap(height, width);
        for (var y = 0; y < height; y++)
        {
            map.AddRow(ids.AsSpan(y * width, width));
        }

        var geometry = new ImageGeometry(new InputSize(height, width), height, width);
        return SegmentMaps.ToPanoptic(map, [0, 1, 2, 3, 4], geometry, [(0, 0.9f), (0, 0.8f), (1, 0.95f), (2, 0.7f)]);

        static bool Disc(double x, double y, double centreX, double centreY) => ((x - centreX) * (x - centreX)) + ((y - centreY) * (y - centreY)) < 0.03;
    }

    /// <summary>A random image of logits: smooth masks, some queries certain of a class and some of none.</summary>
    public static QueryPredictions Predictions(int queries, int classes, int height, int width, int seed = 5)
    {
        var random = new Random(seed);
        var classLogits = new float[queries * (classes + 1)];
        var masks = new float[queries * height * width];
        for (var query = 0; query < queries; query++)
        {
            for (var label = 0; label <= classes; label++)
            {
                classLogits[(query * (classes + 1)) + label] = random.NextSingle() * 2;
            }

            classLogits[(query * (classes + 1)) + random.Next(classes + 1)] += 7;
            double centreX = random.NextDouble() * width, centreY = random.NextDouble() * height, radius = (0.1 + (0.4 * random.NextDouble())) * width;
            for (var i = 0; i < height * width; i++)
            {
                double dx = (i % width) - centreX, dy = (i / width) - centreY;
                masks[(query * height * width) + i] = (float)((radius - Math.Sqrt((dx * dx) + (dy * dy))) * 20 / radius) + random.NextSingle();
            }
        }

        return new QueryPredictions(classLogits, masks, queries, classes, height, width);
    }

    public static PostprocessingParameters Parameters(string procedure, int classes, SegmentationTasks tasks) => new()
    {
        Procedure = procedure,
        ScoreThreshold = 0.5f,
        MaskThreshold = 0.5f,
        OverlapThreshold = 0.5f,
        Tasks = tasks,
        Classes = [.. Enumerable.Range(0, classes).Select(i => new ModelClass(i, $"class {i}", i % 2 == 0, "#808080"))],
    };
}
