using System.Security.Cryptography;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Inference.Engine;

/// <summary>
/// Outputs of stems of images that were seen lately, so that the same image at another point, or with other parameters, needs only encoder and
/// decoder. Bounded in bytes, the one that was used longest ago goes first. Thread-safe; owns its share of what it holds.
/// </summary>
/// <param name="limit">Bytes; 0: nothing is kept.</param>
internal sealed class StemCache(long limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<StemKey, LinkedListNode<(StemKey Key, StemOutputs Stem)>> _byKey = [];

    /// <summary>Used last comes last.</summary>
    private readonly LinkedList<(StemKey Key, StemOutputs Stem)> _byAge = new();

    private long _bytes;

    public bool IsOn => limit > 0;

    /// <summary>Bytes of what is kept.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <param name="image">The encoded image.</param>
    public static string HashOf(ReadOnlyMemory<byte> image) => Convert.ToHexString(SHA256.HashData(image.Span));

    /// <returns>A share that the caller disposes; null where it is not kept.</returns>
    public StemOutputs? TryTake(StemKey key)
    {
        lock (_lock)
        {
            if (!_byKey.TryGetValue(key, out var node))
            {
                return null;
            }

            _byAge.Remove(node);
            _byAge.AddLast(node);
            return node.Value.Stem.Share();
        }
    }

    /// <summary>Keeps a share of a stem's outputs, unless they are kept already or are larger than the limit.</summary>
    public void Add(StemKey key, StemOutputs stem)
    {
        lock (_lock)
        {
            if (stem.Bytes > limit || _byKey.ContainsKey(key))
            {
                return;
            }

            _byKey.Add(key, _byAge.AddLast((key, stem.Share())));
            _bytes += stem.Bytes;
            while (_bytes > limit)
            {
                Remove(_byAge.First!);
            }
        }
    }

    /// <summary>Forgets everything of a model; it must come before its sessions are disposed.</summary>
    public void Drop(ModelSessions sessions)
    {
        lock (_lock)
        {
            foreach (var node in _byKey.Values.Where(node => node.Value.Key.Sessions == sessions).ToList())
            {
                Remove(node);
            }
        }
    }

    private void Remove(LinkedListNode<(StemKey Key, StemOutputs Stem)> node)
    {
        _byAge.Remove(node);
        _byKey.Remove(node.Value.Key);
        _bytes -= node.Value.Stem.Bytes;
        node.Value.Stem.Dispose();
    }
}

/// <param name="Image">See <see cref="StemCache.HashOf"/>.</param>
internal readonly record struct StemKey(ModelSessions Sessions, InputSize Input, string Image);
