using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Backbones.Swin;

/// <summary>
/// The windows of one stage, whatever the map's size: it counts as padded at bottom and right up to whole windows, and for
/// shifted windows as rolled by half of one. Padding, rolling, cutting into windows and splitting heads are one index each
/// way, computed once per stage on small integers; rows beyond the map point at one row of zeros after the last token.
/// </summary>
internal sealed class WindowPartition
{
    /// <summary>Hugging Face's: finite, and beyond what any softmax notices.</summary>
    private const float Masked = -100f;

    private readonly GraphBuilder _g;
    private readonly SwinBlockSize _size;
    private readonly Axis _rows;
    private readonly Axis _columns;
    private readonly Value _zeroRow;
    private WindowOrder? _straight;
    private WindowOrder? _shifted;

    public WindowPartition(GraphBuilder g, SwinBlockSize size, TokenGrid grid)
    {
        (_g, _size) = (g, size);
        (_rows, _columns) = (Pad(grid.Height), Pad(grid.Width));
        _zeroRow = g.Mul(grid.Height, grid.Width);
    }

    public WindowOrder Straight => _straight ??= Order(0);

    /// <summary>By half a window; of a window of one token that is not at all.</summary>
    public WindowOrder Shifted => _size.Window == 1 ? Straight : _shifted ??= Order(_size.Window / 2);

    private WindowOrder Order(int shift)
    {
        var slots = _g.Mul(_g.Reshape(Cut(Tokens(shift)), -1, 1, _size.WindowTokens), Long(3 * _size.Heads));
        var queries = _g.Add(slots, Range(_size.Heads, 1));                                // [windows, heads, tokens]
        return new WindowOrder(
            queries,
            _g.Add(queries, Long(_size.Heads)),
            _g.Add(queries, Long(2 * _size.Heads)),
            Back(shift),
            shift == 0 ? Value.None : Mask(shift));
    }

    /// <summary>Which token lies at each place of the padded, rolled map.</summary>
    private Value Tokens(int shift) // [Hp, Wp]
    {
        var (y, x) = (Source(_rows, shift), Source(_columns, shift));
        y = _g.Reshape(y, -1, 1);
        var inside = _g.Node("And", [Less(y, _rows.Length), Less(x, _columns.Length)]);
        return _g.Node("Where", [inside, _g.Add(_g.Mul(y, _columns.Length), x), _zeroRow]);
    }

    /// <summary>Where each token's heads lie among the results of all windows.</summary>
    private Value Back(int shift) // [H*W*heads]
    {
        var (y, x) = (Target(_rows, shift), Target(_columns, shift));
        var window = Long(_size.Window);
        var resultsPerWindow = Long(_size.Heads * _size.WindowTokens);
        var windowRow = _g.Mul(_g.Div(_columns.Padded, window), resultsPerWindow);
        y = _g.Add(_g.Mul(_g.Div(y, window), windowRow), _g.Mul(Mod(y, window), window));
        x = _g.Add(_g.Mul(_g.Div(x, window), resultsPerWindow), Mod(x, window));
        var places = _g.Add(_g.Reshape(y, -1, 1, 1), _g.Reshape(x, -1, 1));                // [H, W, 1]
        return _g.Reshape(_g.Add(places, Heads(_size.WindowTokens)), -1);
    }

    /// <summary>Rolling brings together what is far apart: tokens see only those of their own region.</summary>
    private Value Mask(int shift) // [windows, 1, tokens, tokens]
    {
        var (y, x) = (Region(_rows, shift), Region(_columns, shift));
        var regions = Cut(_g.Add(_g.Reshape(_g.Mul(y, Long(3)), -1, 1), x));
        var tokens = _size.WindowTokens;
        var same = _g.Node("Equal", [_g.Reshape(regions, -1, 1, 1, tokens), _g.Reshape(regions, -1, 1, tokens, 1)]);
        return _g.Node("Where", [same, _g.Scalar(0f), _g.Scalar(Masked)]);
    }

    /// <summary>2 before the last window, 1 in it, 0 in what came from the other side.</summary>
    private Value Region(Axis axis, int shift)
    {
        var places = Range(axis.Padded);
        return _g.Add(Count(_size.Window), Count(shift));

        Value Count(int fromEnd) =>
            _g.Node("Cast", [Less(places, Sub(axis.Padded, Long(fromEnd)))], ("to", (int)OnnxType.Int64));
    }

    /// <param name="map">[Hp, Wp].</param>
    private Value Cut(Value map) // [windows down, windows across, window, window]
    {
        var across = _g.Reshape(_g.Div(_columns.Padded, Long(_size.Window)), 1);
        var shape = _g.Concat(0, _g.Ints(-1, _size.Window), across, _g.Ints(_size.Window));
        return _g.Transpose(_g.Reshape(map, shape), 0, 2, 1, 3);
    }

    private Value Source(Axis axis, int shift) => Roll(Range(axis.Padded), axis, Long(shift), shift);

    private Value Target(Axis axis, int shift) => Roll(Range(axis.Length), axis, Sub(axis.Padded, Long(shift)), shift);

    private Value Roll(Value places, Axis axis, Value by, int shift) => shift == 0 ? places : Mod(_g.Add(places, by), axis.Padded);

    private Axis Pad(Value length)
    {
        var window = Long(_size.Window);
        return new Axis(length, _g.Add(length, Mod(Sub(window, Mod(length, window)), window)));
    }

    private Value Heads(int step) => _g.Constant([.. Enumerable.Range(0, _size.Heads).Select(head => (long)head * step)], _size.Heads);

    private Value Range(int heads, int columns) => _g.Constant([.. Enumerable.Range(0, heads).Select(head => (long)head)], heads, columns);

    private Value Range(Value end) => _g.Node("Range", [Long(0), end, Long(1)]);

    private Value Less(Value a, Value b) => _g.Node("Less", [a, b]);

    private Value Sub(Value a, Value b) => _g.Node("Sub", [a, b]);

    private Value Mod(Value a, Value b) => _g.Node("Mod", [a, b]);

    private Value Long(long value) => _g.Constant([value]);

    /// <param name="Length">Tokens, int64 scalar.</param>
    /// <param name="Padded">Up to whole windows.</param>
    private readonly record struct Axis(Value Length, Value Padded);
}
