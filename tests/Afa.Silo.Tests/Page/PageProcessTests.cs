using System.Net;
using Afa.Grains;
using Xunit;

namespace Afa.Tests.Silo.Page;

/// <summary>The page of a real silo in a real browser, while a run goes on.</summary>
public sealed class PageProcessTests
{
    private const string FitsThePhone = "document.documentElement.scrollWidth <= innerWidth && [...document.querySelectorAll('.scroll')].every(part => part.scrollWidth <= part.clientWidth)";

    [Fact]
    public async Task Page_WhileARunGoesOn_FollowsItToItsEndWithoutAReload()
    {
        await using var browser = await Browser.StartAsync();
        await using var silo = await SiloProcess.StartAsync(TestRun.NewStore());
        await using var client = await silo.ConnectAsync();
        using var dashboard = await silo.GetAsync("dashboard/");
        Assert.Equal(HttpStatusCode.NotFound, dashboard!.StatusCode);   // Nobody asked for it.
        await browser.GoToAsync(silo.Address);
        await browser.WaitAsync("document.querySelector('#first-steps')");
        await browser.EvaluateAsync<bool>("window.isFirstLoad = true");

        await TestRun.StartAsync(client.Control);
        await browser.WaitAsync("document.querySelector('#runs-run .state')");
        Assert.True(await browser.EvaluateAsync<bool>("window.isFirstLoad && !document.querySelector('#first-steps')"));

        await browser.GoToAsync($"{silo.Address}page/run?name=run");
        await browser.WaitAsync("document.querySelector('#curves-section polyline')");
        await browser.EvaluateAsync<bool>("window.isFirstLoad = document.querySelector('#options').open = true");
        await browser.EvaluateAsync<bool>("document.querySelector('summary').focus() ?? true");
        await TestRun.WaitAsync(client.Control, status => status.State == RunState.Completed);
        await browser.WaitAsync("document.querySelector('.state.completed')");

        Assert.Equal(TestRun.Options.Epochs, await browser.EvaluateAsync<int>("document.querySelectorAll('#epochs tbody tr').length"));
        Assert.Equal(TestRun.Options.Epochs, await browser.EvaluateAsync<int>("document.querySelector('#curves-section .curve.k0').querySelectorAll('circle').length"));
        Assert.True(await browser.EvaluateAsync<bool>("window.isFirstLoad && document.querySelector('#options').open && document.activeElement === document.querySelector('summary')"));

        await browser.NarrowAsync();
        Assert.True(await browser.EvaluateAsync<bool>(FitsThePhone));
        await browser.GoToAsync(silo.Address);
        await browser.WaitAsync("document.querySelector('#runs-run .completed')");
        Assert.True(await browser.EvaluateAsync<bool>(FitsThePhone));
        Assert.Empty(browser.Errors);
    }
}
