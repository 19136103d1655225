using System.Buffers.Binary;
using System.Text;

namespace Afa.Checkpoints.PyTorch;

/// <summary>Writes the pickle of a state dict, protocol 2: an OrderedDict of _rebuild_tensor_v2, tensor i in storage i.</summary>
internal static class PickleWriter
{
    public static byte[] Write(IReadOnlyList<KeyValuePair<string, TensorRecord>> tensors)
    {
        using var pickle = new MemoryStream();
        pickle.Write([(byte)PickleOpcode.Proto, 2]);
        EmptyOrderedDict(pickle);
        Put(pickle, PickleOpcode.Mark);
        for (var i = 0; i < tensors.Count; i++)
        {
            Text(pickle, tensors[i].Key);
            Tensor(pickle, $"{i}", tensors[i].Value);
        }

        Put(pickle, PickleOpcode.SetItems);
        Put(pickle, PickleOpcode.Stop);
        return pickle.ToArray();
    }

    /// <summary>_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)</summary>
    private static void Tensor(MemoryStream pickle, string storage, TensorRecord tensor)
    {
        Global(pickle, "torch._utils", "_rebuild_tensor_v2");
        Put(pickle, PickleOpcode.Mark);
        Storage(pickle, storage, tensor);
        Integer(pickle, 0);
        Integers(pickle, tensor.Shape);
        Integers(pickle, ContiguousStrides(tensor.Shape));
        Put(pickle, PickleOpcode.NewFalse);
        EmptyOrderedDict(pickle);
        Put(pickle, PickleOpcode.Tuple);
        Put(pickle, PickleOpcode.Reduce);
    }

    /// <summary>The persistent id ("storage", class, key, device, count).</summary>
    private static void Storage(MemoryStream pickle, string key, TensorRecord tensor)
    {
        Put(pickle, PickleOpcode.Mark);
        Text(pickle, "storage");
        Global(pickle, "torch", PickleGlobal.StorageNames[tensor.ElementType]);
        Text(pickle, key);
        Text(pickle, "cpu");
        Integer(pickle, tensor.Data.Length / Safetensors.ElementSizes[tensor.ElementType]);
        Put(pickle, PickleOpcode.Tuple);
        Put(pickle, PickleOpcode.BinPersId);
    }

    private static void EmptyOrderedDict(MemoryStream pickle)
    {
        Global(pickle, "collections", "OrderedDict");
        Put(pickle, PickleOpcode.EmptyTuple);
        Put(pickle, PickleOpcode.Reduce);
    }

    private static long[] ContiguousStrides(long[] shape)
    {
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= Math.Max(shape[axis], 1);
        }

        return strides;
    }

    private static void Integers(MemoryStream pickle, long[] values)
    {
        Put(pickle, PickleOpcode.Mark);
        foreach (var value in values)
        {
            Integer(pickle, value);
        }

        Put(pickle, PickleOpcode.Tuple);
    }

    /// <summary>A tensor's lengths and counts fit, as it has at most 2 GiB.</summary>
    private static void Integer(MemoryStream pickle, long value)
    {
        Put(pickle, PickleOpcode.BinInt);
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, checked((int)value));
        pickle.Write(bytes);
    }

    private static void Text(MemoryStream pickle, string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        Put(pickle, PickleOpcode.BinUnicode);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        pickle.Write(length);
        pickle.Write(utf8);
    }

    private static void Global(MemoryStream pickle, string module, string name)
    {
        Put(pickle, PickleOpcode.Global);
        pickle.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
    }

    private static void Put(MemoryStream pickle, PickleOpcode opcode) => pickle.WriteByte((byte)opcode);
}
