using System.Globalization;

namespace EcoM2F.TestSupport;

/// <summary>The JSON files of <see cref="TinyCheckpoint"/>.</summary>
internal static class TinyCheckpointFiles
{
    public static string Preprocessor(TinyNetwork network) => $$"""
        {
          "image_processor_type": "Mask2FormerImageProcessor",
          "do_resize": true,
          "size": { "shortest_edge": {{Text(network.ShortestEdge)}}, "longest_edge": {{Text(network.LongestEdge)}} },
          "size_divisor": 32,
          "resample": 2,
          "image_mean": [0.5, 0.5, 0.5],
          "image_std": [0.5, 0.5, 0.5]
        }
        """;

    public static string Config(TinyNetwork network) => $$"""
        {
          "model_type": "mask2former",
          "architectures": ["Mask2FormerForUniversalSegmentation"],
          "activation_function": "relu",
          "backbone_config": {
            "model_type": "mobilenet_v2",
            "folded_batch_norm": true,
            "activation": "relu6",
            "channels": [8, 12, 16, 24],
            "out_blocks": [1, 3, 4, 5],
            "stride_2_blocks": [1, 2, 4, 5]
          },
          "feature_size": {{Text(TinyCheckpoint.Width)}},
          "mask_feature_size": {{Text(TinyCheckpoint.Width)}},
          "hidden_dim": {{Text(TinyCheckpoint.Width)}},
          "encoder_feedforward_dim": 96,
          "encoder_layers": {{Text(network.Exits)}},
          "decoder_layers": {{Text(network.DecoderLayers)}},
          "num_attention_heads": {{Text(TinyCheckpoint.Heads)}},
          "dim_feedforward": 96,
          "num_queries": {{Text(TinyCheckpoint.Queries)}},
          "id2label": { "0": "person", "1": "animal", "2": "sky", "3": "ground" }
        }
        """;

    public static string EcoM2F(TinyNetwork network) => $$"""
        {
          "classes": [
            { "id": 0, "name": "person", "isthing": true, "color": "#dc143c" },
            { "id": 1, "name": "animal", "isthing": true, "color": "#ff8c00" },
            { "id": 2, "name": "sky", "isthing": false, "color": "#87ceeb" },
            { "id": 3, "name": "ground", "isthing": false, "color": "#696969" }
          ],
          "postprocessing": { "procedure": "meta", "score_threshold": {{network.ScoreThreshold.ToString(CultureInfo.InvariantCulture)}}, "mask_threshold": 0.5, "overlap_threshold": 0.3 },
          "licence": "Apache-2.0",
          "provenance": { "parent": "random numbers" }{{(network.Gates ? ",\n  " + Gates(network.Exits) : string.Empty)}}
        }
        """;

    private static string Gates(int exits)
    {
        var list = string.Join(", ", Enumerable.Range(1, exits).Select(Text));
        return $$"""
            "gates": {
                "file": "gates.safetensors",
                "default": "balanced",
                "profiles": {
                  "fast": { "kind": "classifier", "beta": 2.0, "exits": [{{list}}] },
                  "balanced": { "kind": "classifier", "beta": 0.3, "exits": [{{list}}] },
                  "best": { "kind": "classifier", "beta": 0.1, "exits": [{{list}}] },
                  "utility": { "kind": "utility", "exits": [{{list}}] }
                }
              }
            """;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
