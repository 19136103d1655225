namespace Afa.Checkpoints.PyTorch;

/// <summary>A dict of a pickle. Keys other than text, such as those of an optimizer's state, are left out: nothing here asks for them.</summary>
internal sealed class PickleDictionary
{
    // Made when first needed, as one byte of a pickle is enough for an empty dict.
    private OrderedDictionary<string, object?>? _items;

    /// <summary>Whether a tensor was put into it. Noted here, as a pickle can name one large dict a hundred thousand times.</summary>
    public bool HasTensors { get; private set; }

    public bool IsEmpty => _items is null;

    public IEnumerable<KeyValuePair<string, object?>> Items => _items ?? [];

    public object? Find(string key) => _items?.GetValueOrDefault(key);

    public void Set(object? key, object? value)
    {
        if (key is string text)
        {
            (_items ??= [])[text] = value;
            HasTensors |= value is TensorReference;
        }
    }
}
