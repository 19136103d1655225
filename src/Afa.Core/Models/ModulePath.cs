using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Places modules where the names of a state dictionary put them, such as <c>block1.layer.0</c>.</summary>
internal static class ModulePath
{
    /// <summary>Registers a module under a path of names, with a group for each name before the last.</summary>
    /// <returns>The module.</returns>
    public static T Register<T>(Module root, string path, T module)
        where T : Module
    {
        var names = path.Split('.');
        foreach (var name in names[..^1])
        {
            var group = root.named_children().FirstOrDefault(child => child.name == name).module;
            if (group is null)
            {
                group = new Group();
                root.register_module(name, group);
            }

            root = group;
        }

        root.register_module(names[^1], module);
        return module;
    }

    /// <summary>A name in a path, and nothing else.</summary>
    private sealed class Group() : Module(nameof(Group));
}
