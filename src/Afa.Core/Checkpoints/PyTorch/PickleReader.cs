using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Afa.Checkpoints.PyTorch;

/// <summary>Reads a pickle as data. It builds tuples, dictionaries and references to tensors; it calls nothing that the pickle names.</summary>
/// <remarks>
/// Written here although Razorvine.Pickle exists: that library takes names it does not know for classes of its own making instead of refusing them,
/// keeps its list of constructors for the whole process, applies __setstate__ by reflection, and reserves any length that a file claims.
/// Here memory is bounded: every length is compared with the bytes that are left, and each opcode takes a few dozen bytes at most,
/// but for those that fill a dict, which are counted.
/// </remarks>
/// <param name="pickle">From its first opcode on.</param>
internal ref struct PickleReader(ReadOnlySpan<byte> pickle)
{
    /// <summary>A checkpoint of a thousand tensors with an optimizer and averaged weights has about 100,000.</summary>
    public const int MaxOpcodes = 500_000;

    /// <summary>Most dicts with something in them, each of which takes a few hundred bytes. An optimizer has one for each weight.</summary>
    public const int MaxDictionaries = 50_000;

    private readonly ReadOnlySpan<byte> _pickle = pickle;
    private readonly List<object?> _stack = [];
    private readonly Stack<int> _marks = [];
    private readonly List<object?> _memo = [];
    private int _position;
    private int _dictionaries;

    /// <summary>Returns the pickled object: null, bool, long, double, string, object?[] for a tuple, or one of the Pickle and Reference types.</summary>
    /// <exception cref="FormatException">The pickle is damaged, too long, or asks for more than a state dict needs.</exception>
    public object? Read()
    {
        for (var count = 0; count < MaxOpcodes; count++)
        {
            var opcode = (PickleOpcode)Take(1)[0];
            if (opcode == PickleOpcode.Stop)
            {
                return Pop();
            }

            Execute(opcode);
        }

        throw new FormatException($"its pickle has more than {MaxOpcodes} opcodes. Save a state dict alone: torch.save(model.state_dict(), path).");
    }

    private void Execute(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                RequireProtocol(TakeByte());
                break;
            case PickleOpcode.Frame:
                Take(sizeof(ulong));   // Length of what follows, for readers that read ahead.
                break;
            case PickleOpcode.Mark:
                _marks.Push(_stack.Count);
                break;

            case PickleOpcode.None:
                Push(null);
                break;
            case PickleOpcode.NewTrue:
                Push(true);
                break;
            case PickleOpcode.NewFalse:
                Push(false);
                break;
            case PickleOpcode.BinInt:
                Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int))));
                break;
            case PickleOpcode.BinInt1:
                Push((long)TakeByte());
                break;
            case PickleOpcode.BinInt2:
                Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort))));
                break;
            case PickleOpcode.Long1:
                Push(Integer(Take(TakeByte())));
                break;
            case PickleOpcode.Long4:
                Push(Integer(Take(TakeUInt32())));
                break;
            case PickleOpcode.BinFloat:
                Push(BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double))));
                break;
            case PickleOpcode.ShortBinUnicode:
                Push(Text(Take(TakeByte())));
                break;
            case PickleOpcode.BinUnicode:
                Push(Text(Take(TakeUInt32())));
                break;
            case PickleOpcode.BinUnicode8:
                Push(Text(Take(TakeUInt64())));
                break;
            case PickleOpcode.ShortBinBytes:
                Take(TakeByte());
                Push(PickleInert.Value);
                break;
            case PickleOpcode.BinBytes:
                Take(TakeUInt32());
                Push(PickleInert.Value);
                break;
            case PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8:
                Take(TakeUInt64());
                Push(PickleInert.Value);
                break;

            case PickleOpcode.EmptyTuple:
                Push(Array.Empty<object?>());
                break;
            case PickleOpcode.Tuple1:
                Push(Pop(1));
                break;
            case PickleOpcode.Tuple2:
                Push(Pop(2));
                break;
            case PickleOpcode.Tuple3:
                Push(Pop(3));
                break;
            case PickleOpcode.Tuple:
                Push(PopToMark());
                break;
            case PickleOpcode.EmptyList or PickleOpcode.EmptySet:
                Push(PickleInert.Value);
                break;
            case PickleOpcode.FrozenSet:
                PopToMark();
                Push(PickleInert.Value);
                break;
            case PickleOpcode.Append:
                Add(Pop(1));
                break;
            case PickleOpcode.Appends or PickleOpcode.AddItems:
                Add(PopToMark());
                break;
            case PickleOpcode.EmptyDict:
                Push(new PickleDictionary());
                break;
            case PickleOpcode.SetItem:
                Set(Pop(2));
                break;
            case PickleOpcode.SetItems:
                Set(PopToMark());
                break;

            case PickleOpcode.Global:
                Push(PickleGlobal.Resolve(Line(), Line()));
                break;
            case PickleOpcode.StackGlobal:
                Push(Pop(2) is [string module, string name] ? PickleGlobal.Resolve(module, name) : throw Damaged("a name that is no text"));
                break;
            case PickleOpcode.Reduce or PickleOpcode.NewObj:
                Push(Pop(2) is [PickleGlobal global, object?[] arguments] ? global.Call(arguments) : throw Damaged("a call of what cannot be called"));
                break;
            case PickleOpcode.Build:
                SetState(Pop());
                break;
            case PickleOpcode.BinPersId:
                Push(StorageReference.Of(Pop()));
                break;

            case PickleOpcode.BinGet:
                Push(Recall(TakeByte()));
                break;
            case PickleOpcode.LongBinGet:
                Push(Recall(TakeUInt32()));
                break;
            case PickleOpcode.BinPut:
                Remember(TakeByte());
                break;
            case PickleOpcode.LongBinPut:
                Remember(TakeUInt32());
                break;
            case PickleOpcode.Memoize:
                Remember((ulong)_memo.Count);
                break;

            default:
                throw Damaged($"the opcode 0x{(byte)opcode:x2}, which torch.save does not write");
        }
    }

    private readonly void RequireProtocol(byte protocol)
    {
        if (protocol is < 2 or > 5)
        {
            throw Damaged($"protocol {protocol}; 2 to 5 are known");
        }
    }

    /// <summary>A number in two's complement, little-endian, of any length. Those beyond 64 bits are dropped.</summary>
    private static object Integer(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > sizeof(long))
        {
            return PickleInert.Value;
        }

        Span<byte> extended = stackalloc byte[sizeof(long)];
        extended.Fill(bytes is [.., >= 0x80] ? byte.MaxValue : byte.MinValue);
        bytes.CopyTo(extended);
        return BinaryPrimitives.ReadInt64LittleEndian(extended);
    }

    private readonly string Text(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Damaged("text that is not UTF-8");

    private string Line()
    {
        var length = _pickle[_position..].IndexOf((byte)'\n');
        return length >= 0 ? Text(Take((ulong)length + 1)[..^1]) : throw Damaged("a name without an end");
    }

    private readonly void Add(object?[] items)
    {
        if (Top() is not PickleInert)
        {
            throw Damaged($"{items.Length} items for what is no list");
        }
    }

    private void Set(object?[] keysAndValues)
    {
        if (keysAndValues.Length % 2 != 0)
        {
            throw Damaged("a key without a value");
        }

        switch (Top())
        {
            case PickleDictionary dictionary:
                var wasEmpty = dictionary.IsEmpty;
                for (var i = 0; i < keysAndValues.Length; i += 2)
                {
                    dictionary.Set(keysAndValues[i], keysAndValues[i + 1]);
                }

                if (wasEmpty && !dictionary.IsEmpty && ++_dictionaries > MaxDictionaries)
                {
                    throw new FormatException($"its pickle has more than {MaxDictionaries} dicts. Save a state dict alone: torch.save(model.state_dict(), path).");
                }

                break;
            case PickleInert:
                break;
            default:
                throw Damaged("items for what is no dict");
        }
    }

    /// <summary>Drops an object's attributes, such as the _metadata of a state dict.</summary>
    private readonly void SetState(object? state)
    {
        if (Top() is not (PickleDictionary or PickleInert))
        {
            throw Damaged($"a state for what has none ({state?.GetType().Name ?? "None"})");
        }
    }

    private readonly object? Recall(ulong index) => index < (ulong)_memo.Count ? _memo[(int)index] : throw Damaged($"a reference to object {index}, which is not there");

    /// <summary>Picklers number the objects from 0 on, so no number can ask for more memory than the pickle's length.</summary>
    private readonly void Remember(ulong index)
    {
        if (index > (ulong)_memo.Count)
        {
            throw Damaged($"object {index} after only {_memo.Count}");
        }

        if (index == (ulong)_memo.Count)
        {
            _memo.Add(null);
        }

        _memo[(int)index] = Top();
    }

    private readonly void Push(object? value) => _stack.Add(value);

    private readonly object? Top()
    {
        RequireOnStack(1);
        return _stack[^1];
    }

    private readonly object? Pop()
    {
        var value = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    /// <summary>Takes values off the stack, the topmost last.</summary>
    private readonly object?[] Pop(int count)
    {
        RequireOnStack(count);
        var values = CollectionsMarshal.AsSpan(_stack)[^count..].ToArray();
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private readonly object?[] PopToMark()
    {
        var count = _marks.TryPop(out var mark) ? _stack.Count - mark : throw Damaged("a mark missing");
        return Pop(count);
    }

    /// <summary>What lies below a mark stays there until the mark is gone.</summary>
    private readonly void RequireOnStack(int count)
    {
        var bottom = _marks.TryPeek(out var mark) ? mark : 0;
        if (_stack.Count - bottom < count)
        {
            throw Damaged("too few values on its stack");
        }
    }

    private byte TakeByte() => Take(1)[0];

    private uint TakeUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    private ulong TakeUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    private ReadOnlySpan<byte> Take(ulong length)
    {
        var left = _pickle.Length - _position;
        if (length > (ulong)left)
        {
            throw Damaged($"{length} bytes announced where {left} are left");
        }

        var taken = _pickle.Slice(_position, (int)length);
        _position += (int)length;
        return taken;
    }

    private readonly FormatException Damaged(string what) => new($"its pickle is damaged, or not one of torch.save: at byte {_position} it has {what}.");
}
