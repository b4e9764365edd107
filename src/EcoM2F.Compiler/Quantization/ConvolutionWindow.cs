using EcoM2F.Compiler.Graph.Onnx;

namespace EcoM2F.Compiler.Quantization;

/// <summary>How a convolution in two dimensions slides over its input; pairs are (vertical, horizontal).</summary>
/// <param name="Groups">Into which channels are divided; each group of outputs reads one of inputs.</param>
/// <param name="Channels">Of the input, in one group.</param>
/// <param name="Pads">Zeros above and at the left, then those below and at the right.</param>
internal sealed record ConvolutionWindow(
    int Groups, int Channels, (int Y, int X) Kernel, (int Y, int X) Stride, ((int Y, int X) Begin, (int Y, int X) End) Pads, (int Y, int X) Dilation)
{
    /// <summary>Numbers of the input that one number of the output is made of.</summary>
    public int Length => Channels * Kernel.Y * Kernel.X;

    /// <param name="weights">Shape of its weights: [outputs, channels of a group, height, width].</param>
    public static ConvolutionWindow Of(NodeProto node, IList<long> weights)
    {
        var (strides, pads, dilations) = (Integers("strides", [1, 1]), Integers("pads", [0, 0, 0, 0]), Integers("dilations", [1, 1]));
        var groups = node.Attribute.FirstOrDefault(static attribute => attribute.Name == "group")?.I ?? 1;
        return new ConvolutionWindow(
            (int)groups, (int)weights[1], ((int)weights[2], (int)weights[3]), (strides[0], strides[1]), ((pads[0], pads[1]), (pads[2], pads[3])), (dilations[0], dilations[1]));

        int[] Integers(string name, int[] absent) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name) is { } found ? [.. found.Ints.Select(static value => (int)value)] : absent;
    }

    /// <returns>Height and width of the output.</returns>
    public (int Height, int Width) OutputOf(int height, int width) =>
        (((height + Pads.Begin.Y + Pads.End.Y - (Dilation.Y * (Kernel.Y - 1)) - 1) / Stride.Y) + 1, ((width + Pads.Begin.X + Pads.End.X - (Dilation.X * (Kernel.X - 1)) - 1) / Stride.X) + 1);

    /// <summary>What the weights are multiplied with at places that lie evenly over the output.</summary>
    /// <param name="input">[channels of all groups, height, width].</param>
    /// <returns>[<see cref="Groups"/>, <see cref="Length"/>, places].</returns>
    public float[] Columns(ReadOnlySpan<float> input, int height, int width)
    {
        var output = OutputOf(height, width);
        var places = output.Height * output.Width;
        var step = (places / InputMoments.MostVectors) | 1; // odd: an even one would take the same columns of every row
        var one = Length * ((places + step - 1) / step);
        var columns = new float[Groups * one];
        for (var group = 0; group < Groups; group++)
        {
            Gather(input, height, width, group, step, columns.AsSpan(group * one, one));
        }

        return columns;
    }

    /// <summary>Takes what the weights of one group are multiplied with, at every nth place of the output.</summary>
    /// <param name="input">[channels of all groups, height, width].</param>
    /// <param name="step">Between two places, row by row.</param>
    /// <param name="columns">[<see cref="Length"/>, places]: gets it, in the order of the weights.</param>
    public void Gather(ReadOnlySpan<float> input, int height, int width, int group, int step, Span<float> columns)
    {
        var (places, outputWidth) = (columns.Length / Length, OutputOf(height, width).Width);
        for (var i = 0; i < Length; i++)
        {
            var (channel, y, x) = (i / (Kernel.Y * Kernel.X), i / Kernel.X % Kernel.Y * Dilation.Y, i % Kernel.X * Dilation.X);
            var plane = input.Slice(((group * Channels) + channel) * height * width, height * width);
            var row = columns.Slice(i * places, places);
            for (var place = 0; place < places; place++)
            {
                var (top, left) = Math.DivRem(place * step, outputWidth);
                (top, left) = ((top * Stride.Y) - Pads.Begin.Y + y, (left * Stride.X) - Pads.Begin.X + x);
                row[place] = (uint)top < (uint)height && (uint)left < (uint)width ? plane[(top * width) + left] : 0;
            }
        }
    }
}
