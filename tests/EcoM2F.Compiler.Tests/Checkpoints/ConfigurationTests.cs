using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcoM2F.Compiler.Architectures;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Checkpoints;

/// <summary>Every key of the network's configuration: of the wrong type, out of range, absent.</summary>
public sealed class ConfigurationTests
{
    private static readonly string?[] NotNumbers = ["\"x\"", "-1", "0", "1e30", "2.5", "[]", "{}", "true", "2147483648", "[1, 2]", "{\"a\": [[]]}"];

    public static TheoryData<string, string> Numbers => new()
    {
        { "mask2former_swin", "feature_size mask_feature_size hidden_dim encoder_layers encoder_feedforward_dim decoder_layers num_attention_heads dim_feedforward num_queries common_stride" },
        { "mask2former_swin", "backbone_config.embed_dim backbone_config.window_size backbone_config.patch_size backbone_config.num_channels" },
        { "mask2former_resnet", "backbone_config.embedding_size backbone_config.num_channels" },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Read_NumberThatIsNone_NamesTheKey(string fixture, string keys)
    {
        foreach (var key in keys.Split(' '))
        {
            Assert.All(NotNumbers, value => AssertNames(fixture, key, value));
        }
    }

    [Theory]
    [InlineData("mask2former_swin", "architectures", "\"Mask2Former\"", "[]", "[\"Other\"]", "5")]
    [InlineData("mask2former_swin", "model_type", "\"maskformer\"", "5", "[]")]
    [InlineData("mask2former_swin", "activation_function", "\"gelu\"", "1")]
    [InlineData("mask2former_swin", "pre_norm", "true", "\"false\"", "0")]
    [InlineData("mask2former_swin", "enforce_input_projection", "true", "1")]
    [InlineData("mask2former_swin", "use_timm_backbone", "true", "1")]
    [InlineData("mask2former_swin", "feature_strides", "[8, 16, 32, 64]", "4", "[4, 8, 16]", "[\"4\"]", "[4.5]")]
    [InlineData("mask2former_swin", "backbone_config", "[]", "\"swin\"")]
    [InlineData("mask2former_swin", "backbone_config.model_type", "\"vit\"", "null", "7", "\"maskformer-swin\"")]
    [InlineData("mask2former_swin", "backbone_config.depths", "[2, 2, 2]", "[2, 2, 2, 0]", "[2, 2, 2, 2, 2]", "2", "[2, 2, 2, \"2\"]", "[2, 2, 2, 1000000]")]
    [InlineData("mask2former_swin", "backbone_config.num_heads", "[2, 2, 4, 3]", "[0, 2, 4, 4]", "[2, 2, 4]", "8")]
    [InlineData("mask2former_swin", "backbone_config.mlp_ratio", "0", "-4", "\"4\"", "1e9", "0.05")]
    [InlineData("mask2former_swin", "backbone_config.qkv_bias", "1", "\"true\"")]
    [InlineData("mask2former_swin", "backbone_config.hidden_act", "\"relu\"", "\"gelu_new\"", "1")]
    [InlineData("mask2former_swin", "backbone_config.use_absolute_embeddings", "true", "\"no\"")]
    [InlineData("mask2former_swin", "backbone_config.layer_norm_eps", "0", "-1", "\"1e-5\"", "1")]
    [InlineData("mask2former_swin", "backbone_config.out_features", "[\"stage4\"]", "\"stage4\"", "[1, 2, 3, 4]")]
    [InlineData("mask2former_swin", "backbone_config.out_indices", "[4]", "[0, 1, 2, 3]", "4")]
    [InlineData("mask2former_resnet", "backbone_config.layer_type", "\"wide\"", "2")]
    [InlineData("mask2former_resnet", "backbone_config.hidden_sizes", "[32, 48, 64]", "[30, 48, 64, 96]", "[0, 0, 0, 0]", "96")]
    [InlineData("mask2former_resnet", "backbone_config.depths", "[1, 2, 1]", "[0, 2, 1, 1]", "3")]
    [InlineData("mask2former_resnet", "backbone_config.hidden_act", "\"gelu\"", "1")]
    [InlineData("mask2former_resnet", "backbone_config.downsample_in_bottleneck", "1", "\"x\"")]
    [InlineData("mask2former_resnet", "backbone_config.downsample_in_first_stage", "true", "1")]
    public void Read_ValueThatCannotBeBuilt_NamesTheKey(string fixture, string key, params string[] values) =>
        Assert.All(values, value => AssertNames(fixture, key, value));

    [Theory]
    [InlineData("mask2former_swin")]
    [InlineData("mask2former_resnet")]
    public void Read_KeyAbsent_TakesTheDefaultOrNamesIt(string fixture)
    {
        var keys = Load(fixture).Select(p => p.Key).Concat(((JsonObject)Load(fixture)["backbone_config"]!).Select(p => "backbone_config." + p.Key));
        Assert.All(keys, key =>
        {
            try
            {
                Read(Change(fixture, key, null));
                Assert.DoesNotContain(key, new[] { "backbone_config.model_type" });
            }
            catch (CompileException exception)
            {
                // the widths' defaults are those of large models, and the others must fit them
                Assert.Matches("'(backbone_config.model_type|hidden_dim|feature_size|backbone_config.num_heads)' is", exception.Message);
            }
        });
    }

    private static void AssertNames(string fixture, string key, string? value)
    {
        var message = Assert.Throws<CompileException>(() => Read(Change(fixture, key, value))).Message;
        Assert.Matches($"^config.json: '{Regex.Escape(key)}' is .*; allowed: ", message);
    }

    private static JsonObject Load(string fixture) => ConfigKeys.Load(Path.Combine(RepositoryPaths.Fixtures, fixture, "config.json"));

    /// <param name="value">JSON; null removes the key.</param>
    private static JsonObject Change(string fixture, string key, string? value)
    {
        var config = Load(fixture);
        var path = key.Split('.');
        var parent = path.Length == 2 ? (JsonObject)config[path[0]]! : config;
        parent.Remove(path[^1]);
        if (value is not null)
        {
            parent.Add(path[^1], JsonNode.Parse(value));
        }

        return config;
    }

    private static void Read(JsonObject json)
    {
        var keys = new ConfigKeys(json, "config.json");
        ArchitectureRegistry.Find(keys).Read(keys, DetectorTensors.Reader);
    }
}
