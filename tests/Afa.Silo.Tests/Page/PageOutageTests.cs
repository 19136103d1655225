using System.Net;
using Xunit;

namespace Afa.Tests.Silo.Page;

/// <summary>The page of a real silo in a real browser that lacks something: scripts, the silo, or a run of that name.</summary>
public sealed class PageOutageTests
{
    [Fact]
    public async Task Page_SomethingIsMissing_SaysSo()
    {
        await using var browser = await Browser.StartAsync();
        var (store, port) = (TestRun.NewStore(), ServerProcess.FreePort());
        await using var silo = await SiloProcess.StartAsync(store, port, null, "--dashboard");
        using var dashboard = await silo.GetAsync("dashboard/");
        Assert.True(dashboard!.IsSuccessStatusCode);
        using var page = await silo.GetAsync("");
        Assert.Contains("default-src 'none'", page!.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var missing = await silo.GetAsync("page/run?name=..%2F..%2Fetc");
        Assert.Equal(HttpStatusCode.NotFound, missing!.StatusCode);
        Assert.Contains("There is nothing of this name", await missing.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        await browser.AllowScriptsAsync(false);
        await browser.GoToAsync(silo.Address);
        await browser.WaitAsync("document.querySelector('#first-steps')");
        Assert.True(await browser.EvaluateAsync<bool>("Boolean(document.querySelector('noscript > meta[http-equiv=refresh]'))"));   // An element only for a browser without scripts.

        await browser.AllowScriptsAsync(true);
        await browser.GoToAsync(silo.Address);
        await browser.WaitAsync("document.querySelector('nav a[href=\"/dashboard\"]') && !document.querySelector('noscript > meta')");
        await silo.Process.KillAsync();
        await browser.WaitAsync("/^The silo has not answered since .*; trying again\\.$/.test(document.querySelector('#connection').innerText)");
        Assert.True(await browser.EvaluateAsync<bool>("Boolean(document.querySelector('#first-steps'))"));   // What was known stays.

        await using var next = await SiloProcess.StartAsync(store, port);
        await browser.WaitAsync("document.querySelector('#connection').innerText === ''");
    }
}
