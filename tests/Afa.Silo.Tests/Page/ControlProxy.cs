using System.Reflection;
using Afa.Grains;

namespace Afa.Tests.Silo.Page;

/// <summary>A cluster that answers some questions, and counts them.</summary>
public class ControlProxy : DispatchProxy
{
    private Dictionary<string, Func<object?[], Task>> _answers = [];
    private List<string> _questions = [];

    /// <param name="answers">By the names of methods. All others fail.</param>
    /// <param name="questions">Gets the name of each method that is called.</param>
    public static IAfaControl Create(Dictionary<string, Func<object?[], Task>> answers, List<string> questions)
    {
        var control = Create<IAfaControl, ControlProxy>();
        ((ControlProxy)(object)control)._answers = answers;
        ((ControlProxy)(object)control)._questions = questions;
        return control;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        lock (_questions)
        {
            _questions.Add(targetMethod!.Name);
        }

        return _answers.TryGetValue(targetMethod.Name, out var answer) ? answer(args!) : throw new NotSupportedException(targetMethod.Name);
    }
}
