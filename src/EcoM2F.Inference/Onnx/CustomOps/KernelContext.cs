namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary>What a kernel reads and writes in one call.</summary>
/// <param name="context">ONNX Runtime's OrtKernelContext.</param>
/// <param name="op">Name of the operator, for messages.</param>
internal readonly unsafe struct KernelContext(nint context, string op)
{
    /// <summary>More dimensions than any operator here takes.</summary>
    private const int MaxRank = 8;

    /// <returns>Null for an optional input that is left out.</returns>
    public KernelTensor? Input(int index)
    {
        nuint count;
        OrtStatus.Check(OrtApi.GetInputCount(context, &count));
        if ((nuint)index >= count)
        {
            return null;
        }

        nint value;
        OrtStatus.Check(OrtApi.GetInput(context, (nuint)index, &value));
        return value == 0 ? null : Read(value);
    }

    /// <summary>An input that every node of an operator has.</summary>
    /// <exception cref="ArgumentException">It is left out; names operator and input.</exception>
    public KernelTensor Required(int index, string input) => Input(index) ?? throw new ArgumentException($"{op}: input {input} is missing.");

    /// <exception cref="ArgumentException">It does not hold; names operator and input, the shape and what is allowed.</exception>
    public void Require(bool holds, string input, ReadOnlySpan<long> shape, string allowed)
    {
        if (!holds)
        {
            throw new ArgumentException($"{op}: {input} has shape [{string.Join(", ", shape.ToArray())}]; allowed is {allowed}.");
        }
    }

    /// <summary>Makes the output; its memory is ONNX Runtime's.</summary>
    public void* Output(int index, ReadOnlySpan<long> shape)
    {
        nint value;
        void* data;
        fixed (long* dimensions = shape)
        {
            OrtStatus.Check(OrtApi.GetOutput(context, (nuint)index, dimensions, (nuint)shape.Length, &value));
        }

        OrtStatus.Check(OrtApi.GetTensorMutableData(value, &data));
        return data;
    }

    /// <summary>Calls the function for 0 to total - 1, in any order, on the session's threads; threads take the next number when they are free.</summary>
    public void ParallelFor(delegate* unmanaged[Cdecl]<void*, nuint, void> function, long total, void* state) =>
        OrtStatus.Check(OrtApi.ParallelFor(context, function, (nuint)total, (nuint)total, state));

    private static KernelTensor Read(nint value)
    {
        void* data;
        nint info;
        OrtStatus.Check(OrtApi.GetTensorMutableData(value, &data));
        OrtStatus.Check(OrtApi.GetTensorTypeAndShape(value, &info));
        try
        {
            nuint rank;
            OrtStatus.Check(OrtApi.GetDimensionsCount(info, &rank));
            if (rank > MaxRank)
            {
                throw new ArgumentException($"An input has {rank} dimensions; at most {MaxRank} are read.");
            }

            var tensor = new KernelTensor { Data = data, Rank = (int)rank };
            OrtStatus.Check(OrtApi.GetDimensions(info, tensor.Dimensions, rank));
            return tensor;
        }
        finally
        {
            OrtApi.ReleaseTensorTypeAndShapeInfo(info);
        }
    }

    /// <summary>A tensor that ONNX Runtime owns; valid during the call.</summary>
    public struct KernelTensor
    {
        private fixed long _dimensions[MaxRank];

        public void* Data;

        public int Rank;

        internal long* Dimensions => (long*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _dimensions[0]);

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public ReadOnlySpan<long> Shape => System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref _dimensions[0], Rank);

        public long Elements
        {
            get
            {
                var product = 1L;
                foreach (var dimension in Shape)
                {
                    product = checked(product * dimension);
                }

                return product;
            }
        }
    }
}
